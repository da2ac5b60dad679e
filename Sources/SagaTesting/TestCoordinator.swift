public import Logging
public import Saga
internal import SagaCoordinator
internal import SagaModel
internal import SagaTransport

/// The coordinator in the process of a test, in virtual time: its engine, its journal in memory and
/// its services are those of the daemon.
///
/// Time stands still while the test or a handler is at work, and jumps to the next moment at which
/// something is due while the test waits: in a call of ``client``, or on ``clock``. It cannot see
/// that tasks beside the test's own are at work, unless they are children of it or handlers.
public final class TestCoordinator: Sendable {
    /// A client of the coordinator; its waits are in virtual time.
    public let client: SagaClient
    let world: TestWorld
    let definitions: [String: SagaDefinition]

    init(_ world: TestWorld, _ definitions: [SagaDefinition]) {
        self.world = world
        self.definitions = Dictionary(
            definitions.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
        client = SagaClient(link: TestLink(world: world), principal: "test")
    }

    /// The virtual time that has passed since the coordinator began.
    public var elapsed: Duration { .microseconds(world.time.elapsed) }

    /// The wall clock of the virtual time; it begins with the real one.
    public var now: Instant { world.time.instant }

    /// A clock of the virtual time.
    public var clock: TestClock { TestClock(link: TestLink(world: world)) }

    /// Lets so much virtual time go by, and everything happen that is due in it.
    public func advance(by duration: Duration) async throws {
        try await clock.sleep(for: duration)
    }

    /// Ends the coordinator as a crash does, and starts it again on what is durable.
    ///
    /// Participants and calls of the client lose their connections and find it again.
    public func restart() async {
        await world.ask { $0.restartCoordinator() }
    }

    /// Makes something go wrong with a handler's calls.
    ///
    /// - Parameters:
    ///   - handler: the handler's name.
    ///   - direction: whether its actions are struck or its compensations.
    ///   - attempts: which attempts of a task, counted from 1; all if nil.
    /// - Returns: what takes it away again, and tells how often it struck.
    @discardableResult
    public func inject(
        _ fault: Fault, into handler: String, _ direction: Direction = .action,
        attempts: ClosedRange<Int>? = nil
    ) -> Injection {
        world.faults.add(FaultRule(fault, .handler(handler), direction, attempts))
    }

    /// Makes something go wrong with a handler's calls; see
    /// ``inject(_:into:_:attempts:)-(_,String,_,_)``.
    @discardableResult
    public func inject<Input, Output>(
        _ fault: Fault, into handler: HandlerName<Input, Output>,
        _ direction: Direction = .action, attempts: ClosedRange<Int>? = nil
    ) -> Injection {
        inject(fault, into: handler.name, direction, attempts: attempts)
    }

    // MARK: - Its life

    static func start(
        _ definitions: [SagaDefinition], _ handlers: [Handler], timeLimit: Duration,
        logger: Logger?
    ) async throws -> TestCoordinator {
        try Participant.check(handlers)
        try checkServed(definitions, handlers)
        let logger = logger ?? Logger(label: "", factory: { _ in SwiftLogNoOpLogHandler() })
        let world = TestWorld(start: CoordinatorClock().now(), timeLimit: timeLimit, logger: logger)
        let coordinator = TestCoordinator(world, definitions)
        let groups = Dictionary(grouping: handlers) { handler in
            String(handler.name.prefix { $0 != "." })
        }
        await world.ask { world in
            world.startCoordinator()
            for (name, handlers) in groups.sorted(by: { $0.key < $1.key }) {
                world.startProcess(
                    ParticipantName(namespace: "default", name: name, instance: "test"),
                    Dictionary(uniqueKeysWithValues: handlers.map { ($0.name, $0) }))
            }
        }
        do {
            for definition in definitions { try await coordinator.client.register(definition) }
        } catch {
            await coordinator.end()
            throw error
        }
        return coordinator
    }

    /// Ends everything, once no handler runs any more.
    func end() async {
        await world.ask { $0.end() }
        await withCheckedContinuation { continuation in
            world.submit { world in
                world.whenIdle.append(continuation)
                world.tellIdle()
            }
        }
    }

    /// A step that nobody serves would be waited for in vain.
    private static func checkServed(
        _ definitions: [SagaDefinition], _ handlers: [Handler]
    ) throws(SagaError) {
        let served = Dictionary(uniqueKeysWithValues: handlers.map { ($0.name, $0) })
        for definition in definitions {
            let places = PivotPlace.places(in: definition)
            for (step, place) in zip(definition.steps, places) {
                guard case .handler(let name) = step.work else { continue }
                let needsUndo = place == .before && step.isCompensated != false
                if let handler = served[name] {
                    guard needsUndo, !handler.hasCompensation else { continue }
                    throw SagaError(
                        .invalidArgument, reason: "COMPENSATION_MISSING",
                        "\(definition.name), step \(step.name): \(name) has no compensation; write "
                            + ".compensation(.none) if there is nothing to undo")
                }
                let nearest = NearestName.candidate(for: name, among: served.keys)
                throw SagaError(
                    .invalidArgument, reason: "HANDLER_MISSING",
                    "\(definition.name), step \(step.name): no handler is called \(name)"
                        + (nearest.map { "; did you mean \($0)?" } ?? ""))
            }
        }
    }
}

/// Runs a test against a coordinator in this process, in virtual time.
///
/// Each group of handlers, by the first part of their names, is a participant of its own. All of
/// them are attached, and the definitions registered, when the body begins. Behind it, handlers
/// that still run are cancelled and waited for.
///
/// - Parameters:
///   - definitions: what is registered, children before those that name them.
///   - handlers: what the participants serve.
///   - timeLimit: the most virtual time that the test may take; a wait beyond it fails, and says
///     which sagas live.
///   - logger: told what the daemon and the SDK log; nobody if nil.
///   - body: the test.
public func withTestCoordinator<Value>(
    _ definitions: SagaDefinition..., handlers: [Handler],
    timeLimit: Duration = .seconds(30 * 86_400), logger: Logger? = nil,
    _ body: (TestCoordinator) async throws -> Value
) async throws -> Value {
    try await withTestCoordinator(
        definitions, handlers: handlers, timeLimit: timeLimit, logger: logger, body)
}

/// Runs a test against a coordinator in this process, with definitions that a list names; see
/// ``withTestCoordinator(_:handlers:timeLimit:logger:_:)-(SagaDefinition...,_,_,_,_)``.
public func withTestCoordinator<Value>(
    _ definitions: [SagaDefinition], handlers: [Handler],
    timeLimit: Duration = .seconds(30 * 86_400), logger: Logger? = nil,
    _ body: (TestCoordinator) async throws -> Value
) async throws -> Value {
    let coordinator = try await TestCoordinator.start(
        definitions, handlers, timeLimit: timeLimit, logger: logger)
    do {
        let value = try await withTaskExecutorPreference(coordinator.world.executor) {
            try await body(coordinator)
        }
        await coordinator.end()
        return value
    } catch {
        await coordinator.end()
        throw error
    }
}
