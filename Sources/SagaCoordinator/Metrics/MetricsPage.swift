internal import SagaEngine
internal import SagaHTTP2
internal import SagaModel
internal import SagaRPC
internal import SagaTransport

/// All that a scrape shows: facts that were collected, and how they become text.
struct MetricsPage {
    /// The release.
    var version: String
    /// What the engine says; nil before there is one.
    var answer: EngineLooks.Answer?
    /// Requests that were refused, by the reason.
    var rejections: [String: UInt64]
    /// The connections.
    var counters: ServerCounters
    /// The methods of the server, by their numbers.
    var methods: [String]
    /// How long the recovery took, or takes so far.
    var recovery: Duration?
    /// The archive; nil if there is none.
    var archive: ArchiveStatus?
    /// The process.
    var process: ProcessStatus
    /// When it started.
    var processStarted: Instant

    /// The page.
    var text: String {
        var page = MetricsText()
        page.begin(.build)
        page.add(.build, [("version", version)], 1)
        if let answer {
            addSagas(answer, to: &page)
            addAttempts(answer.engine, to: &page)
            addQueues(answer.engine, to: &page)
            addSessions(answer.engine, to: &page)
            addJournal(answer.journal, to: &page)
        }
        page.whole(.archiveLag, archive?.lagRecords)
        if let recovery {
            page.begin(.recovery)
            page.add(.recovery, seconds: recovery.inSeconds)
        }
        addRequests(to: &page)
        addProcess(to: &page)
        return page.text
    }

    private func addSagas(_ answer: EngineLooks.Answer, to page: inout MetricsText) {
        let now = answer.engine.status.observedAt
        let definitions = answer.engine.definitions.enumerated().filter { place, figures in
            !figures.label.isEmpty
                && (figures.label != "other" || figures.started > 0
                    || !answer.sagas.live[place].isEmpty)
        }
        page.begin(.started)
        for (_, figures) in definitions {
            page.add(.started, [("definition", figures.label)], figures.started)
        }
        page.begin(.finished)
        forEachEnd(definitions) { labels, durations in
            page.add(.finished, labels, durations.count)
        }
        page.begin(.duration)
        forEachEnd(definitions) { labels, durations in
            page.add(.duration, labels, durations, .sagas)
        }
        page.begin(.live)
        for (place, figures) in definitions {
            for state in SagaState.allCases where !state.isEnded {
                page.add(
                    .live, [("definition", figures.label), ("state", state.metricLabel)],
                    answer.sagas.live[place][state] ?? 0)
            }
        }
        addAttention(answer.sagas, now, to: &page)
        addExposure(answer, now, to: &page)
        page.whole(.orphans, answer.engine.status.orphans)
        page.whole(.quarantined, answer.engine.status.quarantinedCount)
    }

    private func forEachEnd(
        _ definitions: [(offset: Int, element: DefinitionFigures)],
        _ body: ([MetricsText.Label], Log2Histogram) -> Void
    ) {
        for (_, figures) in definitions {
            for (state, durations) in zip(DefinitionFigures.endStates, figures.durations) {
                body([("definition", figures.label), ("state", state.metricLabel)], durations)
            }
        }
    }

    private func addAttention(
        _ sagas: SagaFigures, _ now: Instant, to page: inout MetricsText
    ) {
        page.begin(.attention)
        for reason in AttentionReason.allCases {
            page.add(.attention, [("reason", reason.label)], sagas.attention[reason]?.count ?? 0)
        }
        page.begin(.attentionOldest)
        for reason in AttentionReason.allCases {
            page.add(
                .attentionOldest, [("reason", reason.label)],
                seconds: age(sagas.attention[reason]?.oldest, now))
        }
    }

    private func addExposure(
        _ answer: EngineLooks.Answer, _ now: Instant, to page: inout MetricsText
    ) {
        let handlers = shown(answer.engine)
        page.begin(.exposed)
        for (place, figures) in handlers {
            page.add(
                .exposed, [("handler", figures.label)], answer.sagas.exposed[place].count)
        }
        page.begin(.exposedOldest)
        for (place, figures) in handlers {
            page.add(
                .exposedOldest, [("handler", figures.label)],
                seconds: age(answer.sagas.exposed[place].oldest, now))
        }
    }

    private func age(_ since: Instant?, _ now: Instant) -> Double {
        since.map { max(0, (now - $0).inSeconds) } ?? 0
    }

    /// Handlers with a name; what all others share only if there are others.
    private func shown(_ engine: EngineFigures) -> [(offset: Int, element: HandlerFigures)] {
        engine.handlers.enumerated().filter { _, figures in
            !figures.label.isEmpty
                && (figures.label != "other" || figures.isUsed)
        }
    }

    private func addAttempts(_ engine: EngineFigures, to page: inout MetricsText) {
        let directions = shown(engine).flatMap { _, figures in
            [("action", figures.action), ("compensation", figures.compensation)].map {
                ([("handler", figures.label), ("direction", $0.0)] as [MetricsText.Label], $0.1)
            }
        }
        page.begin(.attempts)
        for (labels, figures) in directions {
            for kind in AttemptOutcome.Kind.allCases where figures.outcomes[kind.rawValue] > 0 {
                page.add(
                    .attempts, labels + [("outcome", kind.label)], figures.outcomes[kind.rawValue])
            }
        }
        page.begin(.attemptDuration)
        for (labels, figures) in directions {
            page.add(.attemptDuration, labels, figures.durations, .attempts)
        }
        page.begin(.dispatchWait)
        for (labels, figures) in directions {
            page.add(.dispatchWait, labels, figures.waits, .attempts)
        }
        page.begin(.retries)
        for (labels, figures) in directions { page.add(.retries, labels, figures.retries) }
    }

    private func addQueues(_ engine: EngineFigures, to page: inout MetricsText) {
        let handlers = shown(engine).map(\.element)
        page.begin(.queued)
        for figures in handlers {
            page.add(.queued, [("handler", figures.label)], figures.queued)
        }
        page.begin(.queueOldest)
        for figures in handlers {
            page.add(
                .queueOldest, [("handler", figures.label)],
                seconds: age(figures.oldestDueAt, engine.status.observedAt))
        }
        page.begin(.slots)
        for figures in handlers { page.add(.slots, [("handler", figures.label)], figures.slots) }
        page.begin(.slotsFree)
        for figures in handlers {
            page.add(.slotsFree, [("handler", figures.label)], figures.freeSlots)
        }
    }

    private func addSessions(_ engine: EngineFigures, to page: inout MetricsText) {
        page.whole(.sessions, engine.status.sessions)
        page.whole(.sessionsLost, engine.sessionsLost)
        page.begin(.staleResults)
        page.add(.staleResults, [("reason", "stale")], engine.status.staleResults)
        page.add(.staleResults, [("reason", "no_task")], engine.status.resultsWithoutTask)
    }

    private func addJournal(_ journal: JournalStatus, to page: inout MetricsText) {
        page.begin(.journalSync)
        page.add(.journalSync, [], journal.syncTimes, .syncs)
        page.begin(.journalBatch)
        page.add(.journalBatch, [], journal.batchRecords, .numbers(through: 14))
        page.whole(.journalBytes, journal.bytes)
        page.whole(.journalFree, journal.space.freeBytes)
    }

    private func addRequests(to page: inout MetricsText) {
        page.begin(.rejected)
        for (reason, count) in rejections.sorted(by: { $0.key < $1.key }) {
            page.add(.rejected, [("reason", reason)], count)
        }
        let ended = zip(methods, counters.callsEnded).map {
            (MetricsText.Label("method", String($0.0.drop { $0 == "/" })), $0.1)
        }
        page.begin(.calls)
        for (method, calls) in ended {
            for code in RPCCode.allCases where calls.codes[Int(code.rawValue)] > 0 {
                page.add(
                    .calls, [method, ("code", code.name)], calls.codes[Int(code.rawValue)])
            }
        }
        page.begin(.callDuration)
        for (method, calls) in ended {
            let durations = Log2Histogram(
                buckets: calls.buckets, sum: calls.microseconds, max: calls.microseconds)
            guard let durations, durations.count > 0 else { continue }
            page.add(.callDuration, [method], durations, .calls)
        }
        page.whole(.connections, counters.connectionsOpen)
        page.begin(.connectionsClosed)
        for end in ConnectionEnd.allCases where end != .abuse {
            page.add(
                .connectionsClosed, [("reason", end.rawValue)],
                counters.connectionsEnded[end] ?? 0)
        }
        // Which limit of HTTP/2 the peer broke says more than that it broke one.
        for abuse in HTTP2Abuse.allCases {
            page.add(
                .connectionsClosed, [("reason", "abuse_\(abuse.rawValue)")],
                counters.http2.abuses[abuse] ?? 0)
        }
        for refusal in ConnectionRefusal.allCases {
            page.add(
                .connectionsClosed, [("reason", "refused_\(refusal.rawValue)")],
                counters.connectionsRefused[refusal] ?? 0)
        }
    }

    private func addProcess(to page: inout MetricsText) {
        page.begin(.processorTime)
        page.add(.processorTime, seconds: process.processorTime.inSeconds)
        page.whole(.residentBytes, process.residentBytes)
        page.whole(.openFiles, process.openFiles)
        page.whole(.fileLimit, process.fileLimit)
        page.begin(.startTime)
        page.add(.startTime, seconds: Double(processStarted.microseconds) / 1_000_000)
    }
}

extension SagaState {
    /// Its name in metrics, as other labels are written.
    fileprivate var metricLabel: String { label.lowercased() }
}

extension HandlerFigures {
    /// Whether anything was counted.
    fileprivate var isUsed: Bool {
        queued > 0 || slots > 0 || (action.outcomes + compensation.outcomes).contains { $0 > 0 }
    }
}

extension Duration {
    fileprivate var inSeconds: Double { Double(microseconds) / 1_000_000 }
}
