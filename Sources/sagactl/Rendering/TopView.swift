internal import SagaModel

/// What went on between two looks at a coordinator.
struct TopView {
    /// How many handlers are shown.
    private static let handlersShown = 15

    let status: CoordinatorStatus
    let handlers: [HandlerStatus]
    private let observedAt: Instant
    private let started: Double
    private let ended: Double
    private let records: Double
    private let syncs: Double
    private let calls: Double
    /// How long a sync took on average; nil if there was none.
    private let sync: Duration?
    private let processors: Double

    init(
        _ status: CoordinatorStatus, since before: CoordinatorStatus,
        _ participants: ParticipantList
    ) {
        self.status = status
        observedAt = participants.observedAt
        let isSameLife = status.engine.epoch == before.engine.epoch
        let took =
            status.engine.observedAt - (isSameLife ? before.engine.observedAt : status.engine.since)
        let seconds = max(0.001, took / .seconds(1))
        func rate(_ value: (CoordinatorStatus) -> UInt64) -> Double {
            let old = isSameLife ? value(before) : 0
            return Double(value(status) - min(old, value(status))) / seconds
        }
        started = rate { $0.engine.started }
        ended = rate { $0.engine.completed + $0.engine.compensated }
        records = rate { $0.journal.records }
        syncs = rate { $0.journal.syncs }
        calls = rate { $0.transport.calls }
        let newSyncs = status.journal.syncs - (isSameLife ? before.journal.syncs : 0)
        let newTime = status.journal.syncTotal - (isSameLife ? before.journal.syncTotal : .zero)
        sync = newSyncs == 0 ? nil : newTime / Double(newSyncs)
        let processorTime =
            status.process.processorTime - (isSameLife ? before.process.processorTime : .zero)
        processors = processorTime / .seconds(1) / seconds
        handlers = participants.handlers.sorted { left, right in
            let (first, second) = (left.oldestQueuedAt, right.oldestQueuedAt)
            if let first, let second, first != second { return first < second }
            if (first == nil) != (second == nil) { return first != nil }
            return (right.running, left.handler.handler) < (left.running, right.handler.handler)
        }
    }

    func lines(_ style: Style) -> [String] {
        let engine = status.engine
        var lines = [
            "sagad \(status.version)  epoch \(engine.epoch)  "
                + "up \(ShownDuration.long(engine.observedAt - engine.since))  "
                + ShownInstant.full(engine.observedAt),
            "sagas    \(Self.shown(started))/s started, \(Self.shown(ended))/s ended, "
                + "\(ShownNumber.count(engine.live)) live, "
                + "\(ShownNumber.count(engine.parked)) parked",
            "tasks    \(ShownNumber.count(engine.queued)) queued, "
                + "\(ShownNumber.count(engine.inFlight)) in flight, "
                + ShownNumber.of(engine.sessions, "session"),
            "journal  \(Self.shown(records)) records/s, \(Self.shown(syncs)) syncs/s"
                + (sync.map { " of \(ShownDuration.long($0))" } ?? "")
                + ", \(ShownNumber.bytes(status.journal.bytes))",
            "process  \(Self.percent(processors)) CPU, "
                + "\(ShownNumber.bytes(status.process.residentBytes)), "
                + "\(ShownNumber.of(status.transport.connections, "connection")), "
                + "\(Self.shown(calls)) calls/s",
        ].map { StyledText($0).text(style) }
        let shown = handlers.prefix(Self.handlersShown)
        if !shown.isEmpty {
            lines += [""] + ParticipantsDrawing.handlers(Array(shown), at: observedAt, style)
        }
        let others = handlers.count - shown.count
        if others > 0 { lines.append("\(ShownNumber.of(others, "handler")) more") }
        return lines
    }

    /// Rates and states as members of one object.
    var object: JSONObject {
        var object = JSONObject()
        object.set("now", status.engine.observedAt)
        object.setText("startedPerSecond", Self.number(started))
        object.setText("endedPerSecond", Self.number(ended))
        object.setText("recordsPerSecond", Self.number(records))
        object.setText("syncsPerSecond", Self.number(syncs))
        object.setText("callsPerSecond", Self.number(calls))
        object.setText("processors", Self.number(processors))
        object.set("sync", sync)
        object.set("live", status.engine.live)
        object.set("queued", status.engine.queued)
        object.set("inFlight", status.engine.inFlight)
        object.set("handlers", handlers.map { JSONObject($0) })
        return object
    }

    private static func shown(_ rate: Double) -> String {
        rate < 10 ? number(rate) : ShownNumber.count(Int(rate.rounded()))
    }

    /// With one digit behind the point.
    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}
