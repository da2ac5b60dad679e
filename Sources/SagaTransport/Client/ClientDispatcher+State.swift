internal import SagaRPC
internal import Synchronization

/// A channel's state where every thread can read it.
final class PublishedState: Sendable {
    private let state = Mutex(ClientChannelState.idle)

    var value: ClientChannelState {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

// The state, for others.
extension ClientDispatcher {
    /// What the channel is doing about its connections.
    package var state: ClientChannelState {
        if case .shutdown = connector.state { return .shutdown }
        if let first = ready.first { return .ready(first.address) }
        switch connector.state {
        case .idle: return .idle
        case .connecting: return .connecting
        case .backingOff(let failures, let until):
            return .transientFailure(failures, nextTry: until)
        case .shutdown: return .shutdown
        }
    }

    /// Tells each change of the state, and the state there is now at once.
    @discardableResult
    package func observe(_ observer: @escaping (ClientChannelState) -> Void) -> UInt64 {
        observersMade += 1
        observers[observersMade] = observer
        observer(state)
        return observersMade
    }

    /// Ends an observation.
    package func stopObserving(_ observation: UInt64) { observers[observation] = nil }

    func tellState() {
        let state = state
        guard state != told else { return }
        told = state
        publishedState.value = state
        needsPump = true
        for observer in observers.values { observer(state) }
    }
}
