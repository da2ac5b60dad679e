internal import SagaModel

/// What the findings are made from: the coordinator's answers, and what this side knows.
struct Examination {
    var status: CoordinatorStatus
    var participants: ParticipantList
    /// Sagas that need attention, by definition.
    var attention: SagaCounts
    /// The version of this program.
    var ownVersion: String
    /// When the question about the clock left, and when its answer was here, by this side's clock.
    var asked: Instant
    var answered: Instant
    var way: CoordinatorWay

    /// All that was looked at, in the order of the runbook.
    var findings: [Finding] {
        let machine = [
            disk, space, journal, archive, clock, certificates, versions, files, start,
        ]
        return machine.compactMap(\.self) + handlers
            + [sagas, quarantine, epoch, orphans].compactMap(\.self)
    }

    // MARK: The machine

    private static let slowSync = Duration.milliseconds(20)
    private static let verySlowSync = Duration.milliseconds(200)

    private var disk: Finding {
        let times = status.journal.syncTimes
        guard times.count > 0 else {
            return Finding(.ok, "disk", "no fdatasync yet in this life")
        }
        func share(_ share: Double) -> Duration {
            .microseconds(Int64(clamping: times.quantile(share)))
        }
        let text =
            "fdatasync p50 \(ShownDuration.long(share(0.5))), "
            + "p99 \(ShownDuration.long(share(0.99))), "
            + "worst \(ShownDuration.long(status.journal.syncSlowest)) in this life"
        let remedy = "give the data directory a disk of its own, one that keeps what it says"
        if share(0.99) >= Self.verySlowSync { return Finding(.fail, "disk", text, remedy: remedy) }
        if share(0.99) >= Self.slowSync { return Finding(.warn, "disk", text, remedy: remedy) }
        return Finding(.ok, "disk", text)
    }

    /// Less than this is soon full at any load.
    private static let littleSpace: UInt64 = 1 << 30

    private var space: Finding? {
        guard let level = status.journal.space.level else { return nil }
        let free = status.journal.space.freeBytes.map { "\(ShownNumber.bytes($0)) free" }
        let remedy = "make room on its file system, or shorten archive.retention"
        switch level {
        case .ample:
            let isLittle = status.journal.space.freeBytes.map { $0 < Self.littleSpace } ?? false
            return Finding(
                isLittle ? .warn : .ok, "space", free ?? "enough", remedy: isLittle ? remedy : "")
        case .low:
            return Finding(
                .fail, "space", "no room for another segment: nothing is started; \(free ?? "")",
                remedy: remedy)
        case .spare, .reserve, .last:
            return Finding(
                .fail, "space", "the disk is full: only what ends is recorded; \(free ?? "")",
                remedy: remedy)
        }
    }

    private var journal: Finding {
        let journal = status.journal
        if !journal.space.failure.isEmpty {
            return Finding(
                .fail, "journal", "no segment can be made: \(journal.space.failure)",
                remedy: "see the log of sagad")
        }
        if !journal.freeingFailure.isEmpty {
            return Finding(
                .warn, "journal", "old segments cannot be freed: \(journal.freeingFailure)",
                remedy: "see the log of sagad; the journal grows until then")
        }
        return Finding(
            .ok, "journal",
            "\(ShownNumber.bytes(journal.bytes)) in \(ShownNumber.of(journal.segments, "segment"))")
    }

    private static let longLag: UInt64 = 1_000_000

    private var archive: Finding {
        guard let archive = status.archive else {
            return Finding(.ok, "archive", "none: sagad was started with --no-archive")
        }
        let sagas = "\(ShownNumber.of(archive.sagas, "saga")), \(ShownNumber.bytes(archive.bytes))"
        switch archive.state {
        case .failed:
            return Finding(
                .fail, "archive", "cannot be used: \(archive.failure)",
                remedy: "nothing is lost, and it is tried again; the journal is kept until then")
        case .opening: return Finding(.warn, "archive", "is being opened")
        case .open: break
        }
        if archive.lagRecords > Self.longLag {
            return Finding(
                .warn, "archive",
                "\(ShownNumber.of(archive.lagRecords, "record")) behind the journal; \(sagas)",
                remedy: "it catches up when there is less load; the journal is kept until then")
        }
        if archive.missed > 0 {
            return Finding(
                .warn, "archive", "\(ShownNumber.of(archive.missed, "saga")) missing; \(sagas)",
                remedy: "their records were gone before it had read them; keep events.retention up")
        }
        if !archive.setAside.isEmpty {
            return Finding(
                .warn, "archive", "an unusable file was set aside: \(archive.setAside)",
                remedy: "remove it once nobody needs it")
        }
        return Finding(.ok, "archive", sagas)
    }

    /// Deadlines and start times are given by clients' clocks.
    private static let clockApart = Duration.seconds(2)
    private static let clockFarApart = Duration.seconds(60)

    private var clock: Finding {
        let seen = status.engine.observedAt
        let apart: Duration =
            seen < asked ? asked - seen : seen > answered ? seen - answered : .zero
        let text =
            apart == .zero
            ? "no difference to this machine's"
            : "\(ShownDuration.long(apart)) \(seen < asked ? "behind" : "ahead of") this machine's"
        let remedy = "synchronise both clocks, e.g. with chrony"
        if apart >= Self.clockFarApart { return Finding(.fail, "clock", text, remedy: remedy) }
        if apart >= Self.clockApart { return Finding(.warn, "clock", text, remedy: remedy) }
        return Finding(.ok, "clock", text)
    }

    private var certificates: Finding {
        if !way.certificateNotes.isEmpty {
            return Finding(
                .warn, "certificates", way.certificateNotes.joined(separator: "; "),
                remedy: "renew them; SIGHUP makes sagad read its own anew")
        }
        if way.isSecure { return Finding(.ok, "certificates", "this side's are in order") }
        return way.isLocal
            ? Finding(.ok, "certificates", "none needed on one machine")
            : Finding(
                .warn, "certificates", "the connection is in the clear",
                remedy: "start sagad with --tls-cert and --tls-key")
    }

    private var versions: Finding {
        let others = Set(participants.instances.map(\.sdkVersion)).filter { !$0.isEmpty }.sorted()
        let sdks = others.isEmpty ? "" : ", SDK \(others.joined(separator: ", "))"
        let text = "sagad \(status.version), sagactl \(ownVersion)\(sdks)"
        return status.version == ownVersion
            ? Finding(.ok, "versions", text)
            : Finding(.warn, "versions", text, remedy: "use the sagactl of the same release")
    }

    private var files: Finding? {
        let process = status.process
        guard process.fileLimit > 0 else { return nil }
        let text =
            "\(ShownNumber.count(process.openFiles)) of "
            + "\(ShownNumber.count(process.fileLimit)) open files"
        let isNearlyOut = process.openFiles >= process.fileLimit / 10 * 9
        return isNearlyOut
            ? Finding(
                .fail, "files", text, remedy: "raise LimitNOFILE of the unit, or close connections")
            : Finding(.ok, "files", text)
    }

    private var start: Finding {
        let recovery = status.recovery
        let text =
            "\(ShownNumber.of(recovery.records, "record")) replayed in "
            + ShownDuration.long(recovery.took)
        guard recovery.tornBytes > 0 else { return Finding(.ok, "start", text) }
        return Finding(
            .warn, "start",
            "\(text); \(ShownNumber.bytes(recovery.tornBytes)) of a torn tail were cut off",
            remedy: "in order after a power cut; they are kept in \(recovery.tornFile)")
    }

    // MARK: The work

    private static let longWait = Duration.seconds(60)

    private var handlers: [Finding] {
        let waiting = participants.handlers.filter { $0.queued > 0 }
        var findings: [Finding] = []
        for handler in waiting {
            let name = handler.handler.handler
            let oldest = handler.oldestQueuedAt.map { participants.observedAt - $0 } ?? .zero
            let wait =
                "\(ShownNumber.of(handler.queued, "task")) "
                + "\(handler.queued == 1 ? "waits" : "wait"), the oldest for "
                + ShownDuration.long(oldest)
            if handler.instances == 0 {
                findings.append(
                    Finding(
                        .fail, "participants", "\(name): none attached, \(wait)",
                        remedy: "start the service that offers it"))
            } else if handler.freeSlots == 0, oldest >= Self.longWait {
                findings.append(
                    Finding(
                        .warn, "participants",
                        "\(name): all \(ShownNumber.of(handler.slots, "slot")) taken, \(wait)",
                        remedy: "start more instances, or give them more slots"))
            }
        }
        guard findings.isEmpty else { return findings }
        return [
            Finding(
                .ok, "participants",
                "\(ShownNumber.of(participants.handlers.count, "handler")), "
                    + "\(ShownNumber.of(participants.instances.count, "instance"))")
        ]
    }

    private var sagas: Finding {
        let live = "\(ShownNumber.count(status.engine.live)) live"
        guard attention.total > 0 else {
            return Finding(.ok, "sagas", "\(live), none needs a person")
        }
        return Finding(
            .warn, "sagas",
            "\(live), \(ShownNumber.of(attention.total, "saga")) "
                + "\(attention.total == 1 ? "needs" : "need") a person",
            remedy: "sagactl dlq says which, and why")
    }

    private var quarantine: Finding? {
        let engine = status.engine
        guard engine.quarantinedCount > 0 else { return nil }
        let names = engine.quarantined.prefix(3).map {
            $0.id.map { "\($0)" } ?? "the one at position \($0.position.rawValue)"
        }.joined(separator: ", ")
        return Finding(
            .fail, "quarantine",
            "\(ShownNumber.of(engine.quarantinedCount, "saga")) cannot be replayed: \(names)",
            remedy: "go back to the release that wrote them, and send a bundle to its makers")
    }

    private var epoch: Finding? {
        let behind = status.engine.epochBehind
        guard let first = behind.first else { return nil }
        return Finding(
            .fail, "epoch_behind",
            "\(first.participant) has met a later life of this journal (\(first.met))",
            remedy: "a copy or an old backup runs: stop it, or start it once with --restored")
    }

    private var orphans: Finding? {
        let count = status.engine.orphans
        guard count > 0 else { return nil }
        return Finding(
            .fail, "orphans", "\(ShownNumber.of(count, "task")) that nobody will wake: a bug",
            remedy: "restart sagad, and send a bundle to its makers")
    }
}
