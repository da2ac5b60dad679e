import Synchronization

/// Counts what happens, and tells when so much has: a moment that depends on no clock.
final class Progress: Sendable {
    struct TooSlow: Error {
        let count: Int
        let target: Int
    }

    private struct State {
        var count = 0
        var target = 0
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let state = Mutex(State())

    var count: Int { state.withLock(\.count) }

    func note() {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            state.count += 1
            return state.count >= state.target ? state.waiter.take() : nil
        }
        waiter?.resume(returning: true)
    }

    /// Waits until so much has happened in all; one waits at a time.
    func reach(_ target: Int, within limit: Duration) async throws {
        let late = Task {
            try await Task.sleep(for: limit)
            state.withLock { $0.waiter.take() }?.resume(returning: false)
        }
        defer { late.cancel() }
        let isReached = await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard state.count < target else { return true }
                state.target = target
                state.waiter = continuation
                return false
            }
            if isThere { continuation.resume(returning: true) }
        }
        guard isReached else { throw TooSlow(count: count, target: target) }
    }
}

/// Waits until the condition holds.
func eventually(
    within limit: Duration, _ condition: @Sendable () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < deadline else { throw Progress.TooSlow(count: 0, target: 1) }
        // The next look, not a wait for something to have happened.
        try await Task.sleep(for: .milliseconds(2))
    }
}
