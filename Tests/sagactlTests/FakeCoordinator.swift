import Saga
import SagaModel
import Synchronization

@testable import sagactl

/// A coordinator that gives made-up answers and remembers what it was asked.
final class FakeCoordinator: CoordinatorCalls {
    struct State {
        var asked: [String] = []
        var sagas: [SagaStatus] = []
        var registered: RegisteredDefinition?
        var list = SagaList(rows: [], observedAt: Fixture.start, hasMore: false)
        var participants = ParticipantList(
            handlers: [], instances: [], observedAt: Fixture.start)
        var verbAnswer = VerbAnswer(
            saga: Fixture.id, state: .compensating, hadEffect: true, waitsForPivot: false,
            isSuspended: false, left: [])
        var status = TableDrawingTests.status
        var refusal: Complaint?
        /// Of single sagas, by a verb.
        var refusals: [NamedSaga: Complaint] = [:]
        var events: [SagaEvent] = []
        var signs: [SagaEvents.Sign] = []
    }

    let state: Mutex<State>
    let way = CoordinatorWay(address: "127.0.0.1:7242")

    init(_ change: (inout State) -> Void = { _ in }) {
        var state = State()
        change(&state)
        self.state = Mutex(state)
    }

    var asked: [String] { state.withLock { $0.asked } }

    private func answer<Value>(
        _ call: String, _ value: (inout State) -> Value
    ) throws(Complaint) -> Value {
        let (refusal, value) = state.withLock { state in
            state.asked.append(call)
            return (state.refusal, value(&state))
        }
        if let refusal { throw refusal }
        return value
    }

    private static func next(_ state: inout State) -> SagaStatus {
        state.sagas.count > 1 ? state.sagas.removeFirst() : state.sagas[0]
    }

    func register(_ definition: SagaDefinition) async throws(Complaint) -> RegisteredDefinition {
        try answer("register \(definition.name) v\(definition.version)") { state in
            state.registered
                ?? RegisteredDefinition(
                    name: definition.name, version: definition.version,
                    digest: TableDrawingTests.definition.digest, isExisting: false, warnings: [])
        }
    }

    func definitions() async throws(Complaint) -> [DefinitionSummary] {
        try answer("definitions") { _ in [] }
    }

    func start(_ start: SagaStart) async throws(Complaint) -> StartedSaga {
        let labels = start.labels.map { " \($0)=\($1)" }.sorted().joined()
        let version = start.version.map { " v\($0)" } ?? ""
        let input = String(decoding: start.input.bytes, as: UTF8.self)
        return try answer("start \(start.definition)\(version) \(start.key) \(input)\(labels)") {
            _ in
            StartedSaga(id: Fixture.id, isExisting: false, definition: "order", version: 3)
        }
    }

    func get(
        _ saga: NamedSaga, _ view: SagaView, _ excerpt: SagaExcerpt
    ) async throws(Complaint) -> SagaStatus {
        var parts = (view.history ? " with history" : "") + (view.payloads ? " with payloads" : "")
        if let part = excerpt.part { parts += " only \(part.label)" }
        if !excerpt.steps.isEmpty { parts += " of \(excerpt.steps.joined(separator: ","))" }
        return try answer("get \(saga)\(parts)", Self.next)
    }

    func await(_ id: SagaID, for time: Duration?) async throws(Complaint) -> SagaStatus {
        try answer("await \(id) \(time.map { DurationText.text($0) } ?? "-")", Self.next)
    }

    func list(
        _ filter: SagaFilter, oldestFirst: Bool, limit: Int
    ) async throws(Complaint) -> SagaList {
        let states = filter.states.map(\.label).joined(separator: ",")
        let version = filter.version.map { "@\($0)" } ?? ""
        let labels = Dictionary(uniqueKeysWithValues: filter.labels.map { ($0.name, $0.value) })
        let reasons = filter.attention.map(\.label).joined(separator: ",")
        let more =
            (filter.needsAttention ? " attention [\(reasons)]" : "")
            + (filter.isSuspended ? " suspended" : "")
            + (filter.failureCode.isEmpty ? "" : " error \(filter.failureCode)")
            + (filter.handler.isEmpty ? "" : " handler \(filter.handler)")
            + (filter.participant.map { " participant \($0.name)/\($0.instance)" } ?? "")
        return try answer(
            "list [\(states)] \(filter.definition)\(version) \(filter.key) \(labels) "
                + "\(limit == .max ? "all" : "\(limit)")\(more)"
        ) { $0.list }
    }

    func count(_ filter: SagaFilter, by group: SagaGroup) async throws(Complaint) -> SagaCounts {
        try answer("count \(filter.definition) by \(group)") { _ in
            SagaCounts(
                counts: ["COMPLETED": 12_000, "": 2], total: 12_002,
                observedAt: Instant(microseconds: 0))
        }
    }

    func purge(olderThan: Duration, countsOnly: Bool) async throws(Complaint) -> PurgeAnswer {
        try answer("purge \(DurationText.text(olderThan)) \(countsOnly)") { _ in
            PurgeAnswer(sagas: 3, hasMore: false)
        }
    }

    func backup(
        to directory: String, observe: (BackupProgress) -> Void
    ) async throws(Complaint) -> FinishedBackup {
        for step in 0..<4 {
            observe(BackupProgress(doneBytes: UInt64(step) << 20, totalBytes: 3 << 20))
        }
        return try answer("backup \(directory)") { _ in
            FinishedBackup(
                directory: directory, lineage: Fixture.id, epoch: Epoch(incarnation: 7, start: 2),
                position: JournalPosition(1_042), records: 1_040, hasArchive: true,
                madeAt: Fixture.start)
        }
    }

    func perform(
        _ decision: Decision, on saga: NamedSaga, reason: String
    ) async throws(Complaint) -> VerbAnswer {
        let words =
            switch decision {
            case .retry(let step): "retry\(step.map { " \($0)" } ?? "")"
            case .skip(let step, let output):
                "skip \(step) \(output.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "nil")"
            case .markCompensated(let step): "markCompensated \(step)"
            case .cancel, .suspend, .resume, .compensate, .abandon: "\(decision)"
            }
        let (answer, refusal) = try answer("\(words) \(saga) \(reason)") {
            ($0.verbAnswer, $0.refusals[saga])
        }
        if let refusal { throw refusal }
        return answer
    }

    func complete(_ token: String, _ answer: DeferredAnswer) async throws(Complaint) {
        let words =
            switch answer {
            case .succeeded(let output):
                "succeeded \(String(decoding: output.bytes, as: UTF8.self))"
            case .failed(let code, let message): "failed \(code) \(message)"
            case .retry(let code, let message): "retry \(code) \(message)"
            }
        try self.answer("complete \(token) \(words)") { _ in }
    }

    func watch(
        _ selection: EventSelection, from start: EventStart,
        observe: @escaping @Sendable (SagaEvents.Sign) -> Void,
        show: (SagaEvent) throws(Complaint) -> Void
    ) async throws(Complaint) {
        let (events, signs) = try answer("watch \(selection) from \(start)") {
            ($0.events, $0.signs)
        }
        signs.forEach(observe)
        for event in events {
            observe(.moved(event.cursor))
            try show(event)
        }
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
    }

    func participants() async throws(Complaint) -> ParticipantList {
        try answer("participants") { $0.participants }
    }

    func status() async throws(Complaint) -> CoordinatorStatus {
        try answer("status") { $0.status }
    }
}

/// Keeps what a verb writes.
final class Paper: Sendable {
    private let written = Mutex((output: "", error: ""))

    var output: String { written.withLock { $0.output } }
    var error: String { written.withLock { $0.error } }

    func screen(
        isJSON: Bool = false, showsProgress: Bool = false, answer: String? = nil
    ) -> Screen {
        Screen(
            output: { text throws(Complaint) in self.written.withLock { $0.output += text } },
            error: { text in self.written.withLock { $0.error += text } },
            ask: { question in
                if answer != nil { self.written.withLock { $0.error += question } }
                return answer
            },
            style: .plain, errorStyle: .plain, isJSON: isJSON, showsProgress: showsProgress)
    }
}
