internal import SagaCoordinator
internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaSystem

// The coordinator's disk: room that comes to its end and returns, and bits that flip while nobody
// looks.
extension World {
    /// Others fill the disk, for a while.
    func fillDisk() {
        let left = random.index(below: host.limits.segmentBytes * 3 / 2)
        host.storage.setCapacity(host.storage.usedBytes + left)
        trace.note(now, "disk full", host.life, "\(left) left")
        queue.add(.roomReturns, at: now + random.span(100_000...150_000_000))
    }

    /// There is room again; nobody tells the coordinator.
    func emptyDisk() {
        trace.note(now, "disk has room", host.life)
        host.storage.setCapacity(nil)
    }

    /// What may leave a turn that began with so much room, and what may be recorded by it.
    ///
    /// - Parameter before: what was durable before it.
    func checkSpace(
        _ coordinator: SteppedCoordinator<SimulatedOutput>, before: JournalPosition
    ) {
        if coordinator.durablePosition > before { host.wroteBehind(before) }
        let level = coordinator.spaceAtTurn
        if level != host.space {
            host.space = level
            trace.note(now, "space", host.life, level.label)
            for standing in coordinator.standings where !standing.state.isEnded {
                coverage.note("space \(level.label)", standing.state.label)
            }
        }
        if !level.takesForwardWork, coordinator.isHandingOut(.action) {
            check.fail(now, "forward work is handed out at the level \(level.label)")
        }
        guard !level.takesRecords else { return }
        if coordinator.isHandingOut(.compensation) {
            check.fail(now, "an undo is handed out at the level \(level.label)")
        }
        if coordinator.durablePosition > before {
            check.fail(now, "something is recorded at the level \(level.label)")
        }
    }

    // MARK: - Flipped bits

    /// What opening a journal comes to.
    private enum Verdict {
        case refused(String)
        /// With the last record, the checksum over all, and whether something was cut off.
        case opened(JournalPosition, UInt32, isTorn: Bool)

        var name: String {
            switch self {
            case .refused: "refused"
            case .opened(_, _, isTorn: true): "torn"
            case .opened(_, _, isTorn: false): "harmless"
            }
        }
    }

    /// While the coordinator is down a bit of its disk flips: that is refused, or taken for a torn
    /// end where nobody could know better, and never just believed. Then somebody brings the disk
    /// back as it was.
    func flipBit() {
        let whole = copy()
        guard case .opened(let position, let checksum, _) = verdict(whole),
            let (name, bytes) = flipped(), position > .none
        else { return }
        let damaged = copy()
        damaged.replace(name, with: bytes)
        let verdict = verdict(damaged)
        coverage.note("bit flip", verdict.name)
        trace.note(now, "bit flip", host.life, "\(name): \(verdict.name)")
        guard case .opened(let found, let sum, let isTorn) = verdict else { return }
        if isTorn {
            // The last batch alone may look torn: what was before it is known to be durable.
            if found < host.beforeLastBatch {
                check.fail(now, "a flipped bit in \(name) takes records from \(found.next) on")
            }
        } else if found != position || sum != checksum {
            check.fail(now, "a flipped bit in \(name) is believed")
        }
    }

    /// The disk as it is, for who does not change it.
    private func copy() -> MemoryStorage {
        let copy = host.storage.afterCrash { _ in true }
        copy.setCapacity(nil)
        return copy
    }

    /// A file with one bit that is another one, most often where something was written.
    private func flipped() -> (name: String, bytes: [UInt8])? {
        let names = ((try? host.storage.list()) ?? []).filter {
            $0 == "manifest" || $0.hasSuffix(".segment")
        }
        guard !names.isEmpty else { return nil }
        // Half of them near the end, where a flipped bit can look like a torn write.
        let isNearEnd = random.chance(0.5)
        let last = names.last { name in
            host.storage.contents(name)?.dropFirst(4_096).contains { $0 != 0 } ?? false
        }
        let name = isNearEnd ? last ?? names[0] : random.element(of: names)
        guard var bytes = host.storage.contents(name), !bytes.isEmpty else { return nil }
        let written = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
        let place =
            isNearEnd
            ? max(0, written - 1 - random.index(below: 300))
            : random.index(below: random.chance(0.9) ? written : bytes.count)
        bytes[place] ^= 1 << UInt8(random.index(below: 8))
        return (name, bytes)
    }

    private func verdict(_ storage: MemoryStorage) -> Verdict {
        let settings = JournalSettings(
            limits: JournalLimits(segmentBytes: host.limits.segmentBytes, windowBytes: 64 << 10),
            preparation: .inline, allowsVolatile: false, user: 0, process: 1, entropy: { 1 },
            microseconds: { 0 })
        do throws(JournalFailure) {
            let journal = try Journal.open(storage, settings) { _, _ in }
            return .opened(
                journal.durablePosition, journal.lastChecksum,
                isTorn: !journal.recovered.tornTails.isEmpty)
        } catch {
            return .refused(error.code)
        }
    }
}
