internal import DequeModule
internal import SagaModel
internal import Synchronization

/// What is told to one watcher and waits to be taken: between the thread that reads the journal and
/// the call that the watcher reads.
final class EventWatch: Sendable {
    /// Where to begin.
    enum Start: Sendable {
        /// Behind a record that was durable when the watcher came.
        case behind(JournalPosition)
        /// With the oldest event that is kept whole.
        case oldest
        /// Behind a cursor.
        case after(EventCursor)
    }

    /// What became of a message.
    enum Offer {
        case taken
        /// It has to be offered again once there is room.
        case full
        /// The watcher is gone.
        case over
    }

    private enum Phase {
        case open
        /// What waits is taken, then the watcher is told why there is no more.
        case ending(Refusal)
        /// Nobody takes anything any more.
        case left
    }

    private struct State {
        var phase = Phase.open
        var messages: Deque<[UInt8]> = []
        /// Bytes that wait, with the message that was taken last: it may be on its way still.
        var bytes = 0
        var takenBytes = 0
        /// A message was offered for which there was no room.
        var isFull = false
        var reader: CheckedContinuation<Void, Never>?
    }

    let filter: EventFilter
    let start: Start
    private let capBytes: Int
    private let state = Mutex(State())
    private let hasRoom: @Sendable () -> Void
    private let hasLeft: @Sendable () -> Void

    /// Makes one.
    ///
    /// - Parameters:
    ///   - capBytes: how much may wait; one message is taken whatever its size.
    ///   - hasRoom: called when there is room again after a message found none.
    ///   - hasLeft: called once, when the watcher is gone.
    init(
        _ filter: EventFilter, _ start: Start, capBytes: Int,
        hasRoom: @escaping @Sendable () -> Void, hasLeft: @escaping @Sendable () -> Void
    ) {
        self.filter = filter
        self.start = start
        self.capBytes = capBytes
        self.hasRoom = hasRoom
        self.hasLeft = hasLeft
    }

    // MARK: From who reads the journal

    /// Whether a message may be offered.
    var takesMessages: Bool {
        state.withLock { state in
            guard case .open = state.phase else { return false }
            return !state.isFull
        }
    }

    /// Whether nothing will ever be taken again.
    var isOver: Bool {
        state.withLock { state in
            if case .open = state.phase { return false }
            return true
        }
    }

    /// Bytes that wait to be taken, and those of the message that was taken last.
    var outstandingBytes: Int { state.withLock { $0.bytes } }

    /// Puts a message in line.
    func offer(_ message: [UInt8]) -> Offer {
        let (offer, reader) = state.withLock {
            state -> (Offer, CheckedContinuation<Void, Never>?) in
            guard case .open = state.phase else { return (.over, nil) }
            guard state.bytes == 0 || state.bytes + message.count <= capBytes else {
                state.isFull = true
                return (.full, nil)
            }
            state.messages.append(message)
            state.bytes += message.count
            return (.taken, state.reader.take())
        }
        reader?.resume()
        return offer
    }

    /// Says why there is no more, behind what waits.
    func end(_ refusal: Refusal) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard case .open = state.phase else { return nil }
            state.phase = .ending(refusal)
            return state.reader.take()
        }
        reader?.resume()
    }

    // MARK: From the watcher

    /// The next message, or nil if the task is cancelled; throws why there is none any more.
    ///
    /// Asking for it says that the one before is on its way.
    func next() async throws(Refusal) -> [UInt8]? {
        while !Task.isCancelled {
            if let message = try takeNow() { return message }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isIdle = state.withLock { state in
                        guard case .open = state.phase, state.messages.isEmpty, !Task.isCancelled
                        else { return false }
                        state.reader = continuation
                        return true
                    }
                    if !isIdle { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.reader.take() }?.resume()
            }
        }
        return nil
    }

    /// The next message if there is one now.
    func takeNow() throws(Refusal) -> [UInt8]? {
        let (message, end, wasFull) = state.withLock { state -> ([UInt8]?, Refusal?, Bool) in
            state.bytes -= state.takenBytes
            state.takenBytes = 0
            let wasFull = state.isFull && state.bytes <= capBytes / 2
            if wasFull { state.isFull = false }
            if let message = state.messages.popFirst() {
                state.takenBytes = message.count
                return (message, nil, wasFull)
            }
            guard case .ending(let refusal) = state.phase else { return (nil, nil, wasFull) }
            return (nil, refusal, wasFull)
        }
        if wasFull { hasRoom() }
        if let end { throw end }
        return message
    }

    /// The watcher is gone; what waits is dropped.
    func leave() {
        let isNew = state.withLock { state in
            if case .left = state.phase { return false }
            state.phase = .left
            state.messages.removeAll()
            state.bytes = 0
            state.takenBytes = 0
            return true
        }
        if isNew { hasLeft() }
    }
}
