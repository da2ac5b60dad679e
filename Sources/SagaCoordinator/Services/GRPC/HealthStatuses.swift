package import SagaProtobuf
internal import Synchronization

/// How the services of a program are, and who watches that.
package final class HealthStatuses: Sendable {
    /// The changes of one service, newest first where a watcher lags.
    package typealias Changes = AsyncStream<ServingStatus>

    private struct State {
        var statuses: [String: ServingStatus]
        var watchers: [String: [UInt64: Changes.Continuation]] = [:]
        var nextWatcher: UInt64 = 0
        var isOver = false
    }

    private let state: Mutex<State>

    /// Makes the statuses of services, and of the server as a whole under the empty name; none of
    /// them serves yet.
    package init(services: [String]) {
        let names = [""] + services
        state = Mutex(
            State(statuses: Dictionary(uniqueKeysWithValues: names.map { ($0, .notServing) })))
    }

    /// Sets the status of all services, and tells whoever watches.
    package func setAll(_ status: ServingStatus) {
        state.withLock { state in
            for service in state.statuses.keys {
                guard state.statuses[service] != status else { continue }
                state.statuses[service] = status
                for watcher in (state.watchers[service] ?? [:]).values { watcher.yield(status) }
            }
        }
    }

    /// Ends whoever watches, now and later: the program is about to end.
    package func end() {
        let watchers = state.withLock { state in
            state.isOver = true
            defer { state.watchers = [:] }
            return state.watchers.values.flatMap(\.values)
        }
        for watcher in watchers { watcher.finish() }
    }

    /// The status of a service; nil for one that is not known.
    package func status(_ service: String) -> ServingStatus? {
        state.withLock { $0.statuses[service] }
    }

    /// The status of a service now, and each one that it changes to; only the newest is kept for a
    /// watcher that lags. A service that is not known may become known, so watching it is no error.
    package func watch(_ service: String) -> Changes {
        let (changes, continuation) = Changes.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (watcher, isOver) = state.withLock { state in
            let watcher = state.nextWatcher
            state.nextWatcher += 1
            continuation.yield(state.statuses[service] ?? .serviceUnknown)
            if !state.isOver { state.watchers[service, default: [:]][watcher] = continuation }
            return (watcher, state.isOver)
        }
        if isOver {
            continuation.finish()
        } else {
            // The lock is not held when a stream ends or its reader is cancelled.
            continuation.onTermination = { [weak self] _ in self?.forget(service, watcher) }
        }
        return changes
    }

    private func forget(_ service: String, _ watcher: UInt64) {
        state.withLock { state in
            state.watchers[service]?[watcher] = nil
            if state.watchers[service]?.isEmpty == true { state.watchers[service] = nil }
        }
    }

    /// How many watch now.
    package var watcherCount: Int {
        state.withLock { $0.watchers.values.reduce(0) { $0 + $1.count } }
    }
}
