internal import DequeModule
internal import SagaCoordinator
internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf

/// Somebody who watches events, and checks that they are those that the durable journal tells of:
/// each once, in order, over crashes and however often it leaves and comes back.
///
/// It draws from numbers of its own, so that a world is the same with it as without.
final class SimulatedWatcher {
    /// What makes an event the one that is due.
    private struct Due: Equatable {
        let position: JournalPosition
        let kind: EventKind
        let saga: SagaID
        let at: Instant
    }

    /// One in so many worlds has one: it costs as much as the rest of a world.
    private static let worlds: UInt64 = 4

    private var random: SimulationRandom
    private let kinds: [EventKind]
    private let capBytes: Int
    /// What it has not seen, of what is on record.
    private var due: Deque<Due> = []
    /// The ids of sagas, by their start records.
    private var sagas: [JournalPosition: SagaID] = [:]
    private var watch: SteppedWatch?
    private var cursor: EventCursor?
    /// How many events it has seen.
    private(set) var seen = 0
    private var decoding = DecodingArena(limit: 1 << 20)

    /// Whether a world has one.
    static func watches(_ seed: UInt64) -> Bool { seed % worlds == 0 }

    /// The watcher of a world; nil in those that have none.
    init?(world seed: UInt64) {
        guard Self.watches(seed) else { return nil }
        var random = SimulationRandom(world: ~seed)
        kinds = random.chance(0.5) ? [] : EventKind.allCases.filter { _ in random.chance(0.3) }
        capBytes = random.chance(0.5) ? 1 : 2_000
        self.random = random
    }

    /// A record has become durable.
    func onRecord(_ item: FollowedRecord) {
        if case .sagaStarted(let started) = item.record { sagas[item.position] = started.id }
        guard let saga = sagas[item.saga] else { return }
        for event in item.record.events where kinds.isEmpty || kinds.contains(event.kind) {
            due.append(
                Due(position: item.position, kind: event.kind, saga: saga, at: event.at))
        }
    }

    /// The coordinator has gone, and every call with it.
    func coordinatorIsGone() { watch = nil }

    /// It comes, takes some of what there is, and perhaps leaves; says what is wrong with it.
    func goOn(_ coordinator: SteppedCoordinator<SimulatedOutput>) -> String? {
        if random.chance(0.1) { watch = nil }
        guard watch != nil || random.chance(0.5) else { return nil }
        return take(random.index(below: 40), coordinator)
    }

    /// It takes all that is left; says what is wrong with it.
    func finish(_ coordinator: SteppedCoordinator<SimulatedOutput>) -> String? {
        if let text = take(.max, coordinator) { return text }
        return due.isEmpty ? nil : "\(due.count) events are not told, the first is \(due[0])"
    }

    private func take(
        _ count: Int, _ coordinator: SteppedCoordinator<SimulatedOutput>
    ) -> String? {
        let watch = watch ?? join(coordinator)
        self.watch = watch
        coordinator.readEvents()
        do {
            for _ in 0..<count {
                guard let bytes = try watch.next() else {
                    // What was full has room now.
                    coordinator.readEvents()
                    guard let more = try watch.next() else { return nil }
                    if let text = try check(more) { return text }
                    continue
                }
                if let text = try check(bytes) { return text }
            }
        } catch {
            return "events are refused: \(error)"
        }
        return nil
    }

    private func join(_ coordinator: SteppedCoordinator<SimulatedOutput>) -> SteppedWatch {
        coordinator.watch(
            WatchMessage(
                namespace: "default", start: cursor.map { .after($0) } ?? .oldest, kinds: kinds),
            capBytes: capBytes)
    }

    private func check(_ bytes: [UInt8]) throws(CodecFailure) -> String? {
        let answer = try SagaServiceCodec.decodeWatchEventsResponse(
            bytes.span, limits: CodecLimits(), arena: &decoding)
        cursor = answer.cursor
        if answer.unreadableRecords > 0 { return "records are told as unreadable" }
        guard let event = answer.event else { return nil }
        let told = Due(
            position: event.position, kind: event.kind, saga: event.sagaID, at: event.at)
        guard let next = due.popFirst() else { return "\(told) is told, and not on record" }
        guard told == next else { return "\(told) is told, and \(next) is due" }
        seen += 1
        return nil
    }
}
