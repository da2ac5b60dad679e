internal import SagaCoordinator
internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaSystem

// The coordinator's process: its turns, and its ends.
extension World {
    /// Plans the next turn, if there is something to do.
    func pokeCoordinator() {
        guard let coordinator = host.coordinator, !host.isReleasing else { return }
        let earliest = max(max(now, host.busyUntil), host.pausedUntil)
        let wanted: WorldTime
        if coordinator.isDue {
            wanted = earliest + random.span(5...50)
        } else if let wake = host.wakeAt {
            wanted = max(earliest, wake) + 1
        } else {
            return
        }
        if let planned = host.nextTurn, planned > now, planned <= wanted { return }
        host.nextTurn = wanted
        queue.add(.turn(life: host.life), at: wanted)
    }

    /// The coordinator decides and commits.
    func turn(life: Int) {
        guard life == host.life, let coordinator = host.coordinator, host.nextTurn == now else {
            return
        }
        host.nextTurn = nil
        if host.pausedUntil > now {
            pokeCoordinator()
            return
        }
        host.tellTime(now)
        trace.note(now, "turn", life)
        if random.chance(rates[.crashInCommit] / 20) {
            cover(.crashInCommit)
            armDisk(.powerCut)
        } else if random.chance(rates[.diskError] / 60) {
            cover(.diskError)
            armDisk(.error)
        }
        let before = coordinator.durablePosition
        do throws(JournalFailure) {
            try coordinator.turn()
        } catch {
            if !host.hasDiskStruck { check.fail(now, "the journal failed: \(error)") }
            crash("the journal failed: \(error)")
            return
        }
        if host.diskTrouble?.hasCutPower ?? false {
            // Nothing has told the coordinator so far, and nothing more leaves it.
            crash("the power went")
            return
        }
        if host.hasDiskStruck { host.arm(nil) }
        trace.note(journal: coordinator.durableChecksum)
        check.coordinator(coordinator, now)
        checkSpace(coordinator, before: before)
        if let text = follower.follow(coordinator) { check.fail(now, text) }
        noteRestated()
        if let text = watcher?.goOn(coordinator) { check.fail(now, text) }
        let slow = random.chance(rates[.slowDisk] / 10)
        if slow { cover(.slowDisk) }
        host.busyUntil = now + (slow ? random.span(1_000...2_000_000) : random.span(25...200))
        host.isReleasing = true
        queue.add(.release(life: life), at: host.busyUntil)
    }

    /// One of the next operations of the disk will not be as it should.
    private func armDisk(_ fate: DiskTrouble.Fate) {
        guard host.diskTrouble == nil else { return }
        let code: ErrorNumber =
            fate == .powerCut ? .noDevice : random.chance(0.5) ? .inputOutput : .noSpace
        host.storage.setEffectOfFailedOperations(random.chance(0.5))
        host.arm(
            DiskTrouble(
                fate, random.element(of: DiskTrouble.Kind.drawn), after: random.index(below: 4),
                code))
    }

    private func noteRestated() {
        for state in follower.restated { coverage.note("restated", state.label) }
        follower.restated.removeAll(keepingCapacity: true)
    }

    /// What a turn decided goes out.
    func release(life: Int) {
        guard life == host.life, let coordinator = host.coordinator, host.isReleasing else {
            return
        }
        if host.pausedUntil > now {
            queue.add(.release(life: life), at: host.pausedUntil)
            return
        }
        host.isReleasing = false
        host.tellTime(now)
        trace.note(now, "release", life)
        if random.chance(rates[.crashInRelease] / 40) {
            cover(.crashInRelease)
            host.wordsLeft = random.index(below: 4)
        }
        coordinator.release()
        if host.wordsLeft != nil {
            crash("within a release")
        } else {
            pokeCoordinator()
        }
    }

    /// The process ends between two of its steps, or the power goes within one of the next.
    func crashSomewhere() {
        if random.chance(0.5) {
            crash("for no reason")
        } else {
            armDisk(.powerCut)
        }
    }

    /// The process ends, in some way.
    func crash(_ reason: String) {
        guard host.coordinator != nil else { return }
        trace.note(now, "crash", host.life, reason)
        crashes += 1
        // The machine goes on and keeps all, or loses any part of what was not synced.
        let hasPower = !(host.diskTrouble?.hasCutPower ?? false)
        let sectors = random.element(of: hasPower ? [1, 0, 0.5, 0.9] : [0, 0.5, 0.5, 0.9])
        let names = sectors == 1 ? 1 : random.element(of: [1, 0, 0.5, 0.5])
        loseCoordinator()
        watcher?.coordinatorIsGone()
        host.crash { pending in
            switch pending {
            case .name: random.chance(names)
            case .sector: random.chance(sectors)
            }
        }
        queue.add(.start, at: now + random.span(1_000...3_000_000))
    }

    /// The process starts again.
    func startCoordinator() {
        guard host.coordinator == nil else { return }
        let hasJumped = random.chance(rates[.clockJump])
        if hasJumped {
            host.clockOffset = (random.chance(0.5) ? 1 : -1) * random.span(1_000...300_000_000)
        }
        let flipsBit = random.chance(rates[.bitFlip])
        if flipsBit { flipBit() }
        if random.chance(rates[.crashInCommit]) { armDisk(.powerCut) }
        do throws(JournalFailure) {
            try host.start(self, now: now)
        } catch {
            trace.note(now, "no start", host.life, "\(error)")
            // A torn end is kept in a file of its own, for which there must be room.
            let lacksRoom = host.storage.isLimited && error.code == "disk_full"
            if !host.hasDiskStruck, !lacksRoom {
                check.fail(now, "the journal cannot be recovered: \(error)")
            }
            host.crash { _ in random.chance(0.5) }
            queue.add(.start, at: now + random.span(1_000...3_000_000))
            return
        }
        trace.note(
            now, "start", host.life,
            "torn: \(host.coordinator?.recovery.tornBytes ?? 0) bytes")
        if let coordinator = host.coordinator {
            check.recovered(coordinator, now)
            if let text = follower.begin(coordinator, host.storage) { check.fail(now, text) }
            if coordinator.inspect({ $0.isFreed }) { coverage.note("start", "on a freed journal") }
        }
        if hasJumped { cover(.clockJump) }
        if flipsBit { cover(.bitFlip) }
        host.isReleasing = true
        queue.add(.release(life: host.life), at: now + random.span(100...10_000))
    }

    /// The coordinator's side of flow control.
    func setReading(_ on: Bool, life: Int) {
        guard life == host.life else { return }
        host.isReading = on
        guard on else { return }
        for number in host.held { queue.add(.toCoordinator(number), at: now + 1) }
        host.held = []
    }
}
