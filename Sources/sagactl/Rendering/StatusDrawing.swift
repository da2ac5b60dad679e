internal import SagaModel

/// How the coordinator is, a line a matter.
enum StatusDrawing {
    static func lines(_ status: CoordinatorStatus, address: String, _ style: Style) -> [String] {
        let engine = status.engine
        let headline =
            StyledText("sagad \(status.version)", .name) + " at \(address)  epoch \(engine.epoch)"
            + "  up \(ShownDuration.long(engine.observedAt - engine.since)) since "
            + StyledText(ShownInstant.full(engine.since), .dim)
        var table = TextTable([.left, .left], gap: 2, indentation: 2)
        for (name, facts) in rows(status) {
            table.add([StyledText(name, .dim), StyledText.joined(facts, by: ", ")])
        }
        return [headline.text(style)] + table.lines(style)
    }

    private static func rows(_ status: CoordinatorStatus) -> [(String, [StyledText])] {
        let engine = status.engine
        return [
            (
                "sagas",
                [
                    fact(engine.live, "live"),
                    fact(engine.parked, "parked", .failed),
                    fact(engine.endedKept, "ended kept"),
                    fact(engine.endedDropped, "dropped", shownAtZero: false),
                ]
            ),
            (
                "this life",
                [
                    fact(engine.started, "started"), fact(engine.completed, "completed"),
                    fact(engine.compensated, "compensated"),
                ]
            ),
            (
                "work",
                [
                    fact(engine.queued, "queued", .waiting), fact(engine.inFlight, "in flight"),
                    StyledText(ShownNumber.of(engine.sessions, "session")),
                ]
            ),
            (
                "known",
                [
                    StyledText(ShownNumber.of(engine.definitions, "definition")),
                    StyledText(ShownNumber.of(engine.keys, "key")),
                ]
            ),
            ("journal", journal(status.journal)),
            ("disk", disk(status.journal)),
            ("archive", status.archive.map { ArchiveDrawing.facts($0) } ?? []),
            (
                "refused",
                [
                    StyledText(ShownNumber.of(engine.staleResults, "stale result")),
                    fact(engine.resultsWithoutTask, "for no task", shownAtZero: false),
                    StyledText(ShownNumber.of(status.rejectedRequests, "request")),
                ]
            ),
            (
                "listening",
                status.transport.listening.map {
                    StyledText($0.isSecure ? "\($0.address) with TLS" : $0.address)
                }
            ),
            ("transport", transport(status.transport)),
            ("process", process(status.process)),
            ("start", recovery(status.recovery)),
            ("epoch_behind", epochBehind(engine)),
            ("orphans", engine.orphans == 0 ? [] : [fact(engine.orphans, "tasks: a bug", .failed)]),
        ].filter { !$0.1.isEmpty }
    }

    /// Who was refused, since it has met a later life of this journal, and what is to be done.
    private static func epochBehind(_ engine: EngineStatus) -> [StyledText] {
        guard !engine.epochBehind.isEmpty else { return [] }
        let shown = engine.epochBehind.prefix(3).map { behind in
            StyledText(
                behind.met == engine.epoch
                    ? "\(behind.participant) has met another life of epoch \(behind.met)"
                    : "\(behind.participant) has met epoch \(behind.met)", .failed)
        }
        let others = engine.epochBehind.count - shown.count
        return shown + (others > 0 ? [StyledText("\(others) more", .failed)] : []) + [
            StyledText(
                "a copy or an old backup: stop it if the later one still runs, "
                    + "else start it once with --restored")
        ]
    }

    private static func journal(_ journal: JournalStatus) -> [StyledText] {
        var syncs = ShownNumber.of(journal.syncs, "fdatasync")
        if journal.syncs > 0 {
            let mean = journal.syncTotal / Double(journal.syncs)
            syncs += " of \(ShownDuration.long(mean)) on average"
            if journal.syncTimes.count > 0 {
                syncs += ", 99% within \(ShownDuration.long(share(0.99, of: journal.syncTimes)))"
            }
            syncs += ", \(ShownDuration.long(journal.syncSlowest)) at most"
        }
        return [
            StyledText("durable to \(ShownNumber.count(journal.durablePosition.rawValue))"),
            StyledText(ShownNumber.of(journal.records, "record")),
            StyledText(ShownNumber.bytes(journal.writtenBytes)), StyledText(syncs),
        ] + kept(journal)
    }

    /// What is kept, and what was freed.
    private static func kept(_ journal: JournalStatus) -> [StyledText] {
        guard journal.bytes > 0 else { return [] }
        var kept = [
            StyledText(
                "\(ShownNumber.bytes(journal.bytes)) kept in "
                    + "\(ShownNumber.of(journal.segments, "segment")) from "
                    + "\(ShownNumber.count(journal.oldestPosition.rawValue))")
        ]
        if journal.freedSegments > 0 {
            kept.append(
                StyledText("\(ShownNumber.of(journal.freedSegments, "segment")) freed"))
        }
        if !journal.freeingFailure.isEmpty {
            kept.append(StyledText("cannot be freed: \(journal.freeingFailure)", .failed))
        }
        return kept
    }

    private static func share(_ share: Double, of times: Log2Histogram) -> Duration {
        .microseconds(Int64(clamping: times.quantile(share)))
    }

    /// What goes on, and what does not, for lack of room.
    private static func disk(_ journal: JournalStatus) -> [StyledText] {
        guard let level = journal.space.level else { return [] }
        var facts: [StyledText] = []
        switch level {
        case .ample: break
        case .low:
            facts.append(
                StyledText(
                    "no room for another segment: no starts, no registrations", .waiting))
        case .spare:
            facts.append(
                StyledText("full: only results, ends and undos go on", .failed))
        case .reserve, .last:
            facts.append(
                StyledText("full: nothing is recorded, what is there can be read", .failed))
        }
        if let free = journal.space.freeBytes {
            facts.append(StyledText("\(ShownNumber.bytes(free)) free"))
        }
        if level != .ample {
            facts.append("make room on the file system of the data directory")
        }
        if !journal.space.failure.isEmpty { facts.append(StyledText(journal.space.failure)) }
        if !journal.slowness.isEmpty {
            facts.append(StyledText("slow: no starts, \(journal.slowness)", .failed))
        }
        return facts
    }

    private static func transport(_ transport: TransportStatus) -> [StyledText] {
        guard transport.acceptedConnections > 0 else { return [] }
        return [
            StyledText("\(ShownNumber.of(transport.connections, "connection")) open"),
            StyledText(
                "\(ShownNumber.count(transport.acceptedConnections)) since the start"),
            StyledText(ShownNumber.of(transport.calls, "call")),
        ]
            + transport.counters.map { counter in
                let name = String(counter.name.map { $0 == "_" || $0 == "." ? " " : $0 })
                return StyledText("\(name) \(ShownNumber.count(counter.count))")
            }
    }

    private static func process(_ process: ProcessStatus) -> [StyledText] {
        guard process.identifier != 0 else { return [] }
        return [
            StyledText("pid \(process.identifier)"),
            StyledText("\(ShownDuration.long(process.processorTime)) of CPU"),
            StyledText("\(ShownNumber.bytes(process.residentBytes)) resident"),
            StyledText("\(ShownNumber.bytes(process.anonymousBytes)) of it anonymous"),
            StyledText("\(ShownNumber.bytes(process.peakResidentBytes)) at most"),
            StyledText(
                "\(ShownNumber.count(process.openFiles)) of "
                    + "\(ShownNumber.count(process.fileLimit)) files open"),
        ]
    }

    private static func recovery(_ recovery: RecoveryStatus) -> [StyledText] {
        guard recovery.records > 0 else { return [] }
        let records = ShownNumber.of(recovery.records, "record")
        var facts = [
            StyledText("\(records) replayed in \(ShownDuration.long(recovery.took))"),
            fact(recovery.sagas, "live"),
        ]
        if recovery.tornBytes > 0 {
            let bytes = ShownNumber.bytes(recovery.tornBytes)
            facts.append(
                StyledText("torn tail of \(bytes) kept in \(recovery.tornFile)", .waiting))
        }
        return facts
    }

    private static func fact(
        _ count: UInt64, _ what: String, _ role: Role = .plain, shownAtZero: Bool = true
    ) -> StyledText {
        guard count > 0 || shownAtZero else { return "" }
        return StyledText("\(ShownNumber.count(count)) \(what)", count > 0 ? role : .plain)
    }
}
