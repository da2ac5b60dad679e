internal import SagaEngine
internal import SagaModel
internal import SagaSystem

/// What event loops hand to the engine's thread: batches, under one lock, with one wake-up each.
final class Inbox: Sendable {
    private struct State {
        var inputs: [Input] = []
        var isStopping = false
        /// Somebody wants to look at the engine.
        var isAsked = false
        /// Event loops that read nothing until the engine has caught up.
        var paused: [Int] = []
    }

    /// What the engine's thread found.
    struct Delivery {
        var inputs: [Input]
        var isStopping: Bool
        /// Somebody wants to look at the engine.
        var isAsked = false
        /// Event loops that may read again.
        var resumed: [Int]
    }

    private let state = Monitor(State())
    private let limit: Int

    /// Makes an inbox that is full at so many inputs.
    init(limit: Int) {
        self.limit = limit
    }

    /// Hands a batch over, and empties it.
    ///
    /// - Parameters:
    ///   - batch: the inputs, in order.
    ///   - loop: the event loop that they come from.
    /// - Returns: whether the loop is to stop reading; it is told when it may go on.
    func push(_ batch: inout [Input], from loop: Int) -> Bool {
        let isFull = state.withLock { state in
            state.inputs.append(contentsOf: batch)
            guard state.inputs.count > limit else { return false }
            if !state.paused.contains(loop) { state.paused.append(loop) }
            return true
        }
        batch.removeAll(keepingCapacity: true)
        return isFull
    }

    /// Hands one input over that comes from no event loop, however full it is.
    func push(_ input: Input) {
        state.withLock { $0.inputs.append(input) }
    }

    /// Wakes the engine's thread, so that it lets somebody look at the engine.
    func ask() {
        state.withLock { $0.isAsked = true }
    }

    /// Asks the engine's thread to end what was handed over before, and then itself.
    func stop() {
        state.withLock { $0.isStopping = true }
    }

    /// Whether there is something to take.
    var hasInputs: Bool { state.withLock { !$0.inputs.isEmpty } }

    /// Takes what there is, without waiting.
    func takeNow(reusing inputs: [Input]) -> Delivery {
        var spare = inputs
        return state.withLock { state in
            swap(&spare, &state.inputs)
            let resumed = state.paused
            state.paused.removeAll()
            return Delivery(inputs: spare, isStopping: state.isStopping, resumed: resumed)
        }
    }

    /// Waits until there is something, or until a deadline.
    ///
    /// - Parameters:
    ///   - inputs: empty memory that is used again.
    ///   - deadline: when to return without anything; nil for never.
    func take(reusing inputs: [Input], until deadline: MonotonicInstant?) -> Delivery {
        var spare = inputs
        let found = state.wait(until: deadline) { state -> Delivery? in
            guard !state.inputs.isEmpty || state.isStopping || state.isAsked else { return nil }
            swap(&spare, &state.inputs)
            let resumed = state.paused
            state.paused.removeAll()
            defer { state.isAsked = false }
            return Delivery(
                inputs: spare, isStopping: state.isStopping, isAsked: state.isAsked,
                resumed: resumed)
        }
        return found ?? Delivery(inputs: [], isStopping: false, resumed: [])
    }
}
