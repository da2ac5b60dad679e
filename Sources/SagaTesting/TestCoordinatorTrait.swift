public import Saga
public import Testing

/// Gives each test a coordinator of its own, in ``TestCoordinator/current``.
///
/// ```swift
/// @Test(.sagaCoordinator(orderSaga, handlers: shopHandlers))
/// func anOrderIsShipped() async throws {
///     let client = TestCoordinator.current.client
/// ```
public struct TestCoordinatorTrait: TestTrait, SuiteTrait, TestScoping {
    let definitions: [SagaDefinition]
    let handlers: @Sendable () throws -> [Handler]

    /// Each test of a suite gets one.
    public var isRecursive: Bool { true }

    /// Runs a test within its coordinator.
    public func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        // A suite itself runs nothing that could use one.
        guard testCase != nil else { return try await function() }
        try await withTestCoordinator(definitions, handlers: handlers()) { coordinator in
            try await TestCoordinator.$scoped.withValue(coordinator) { try await function() }
        }
    }
}

extension Trait where Self == TestCoordinatorTrait {
    /// A coordinator for each test.
    ///
    /// - Parameters:
    ///   - definitions: what is registered, children before those that name them.
    ///   - handlers: what the participants serve; made anew for each test.
    public static func sagaCoordinator(
        _ definitions: SagaDefinition...,
        handlers: @autoclosure @escaping @Sendable () throws -> [Handler]
    ) -> Self {
        TestCoordinatorTrait(definitions: definitions, handlers: handlers)
    }
}

extension TestCoordinator {
    @TaskLocal static var scoped: TestCoordinator?

    /// The coordinator of the test that runs; it has one by the trait ``sagaCoordinator``.
    public static var current: TestCoordinator {
        guard let scoped else {
            preconditionFailure("the test has no coordinator: give it .sagaCoordinator(...)")
        }
        return scoped
    }
}
