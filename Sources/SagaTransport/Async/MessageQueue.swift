internal import DequeModule
internal import SagaRPC

/// A message as it came.
struct ReceivedMessage: Equatable, Sendable {
    let bytes: [UInt8]
    let isCompressed: Bool
}

/// What a caller has sent and its function has not taken: bounded, since the caller is given no
/// more room while it is full. A plain value; whoever waits is kept outside.
struct MessageQueue {
    enum State: Equatable {
        /// More may come. Can transition to: complete, failed.
        case open
        /// The caller has sent all. Can transition to: failed.
        case complete
        /// Nothing more is given out.
        case failed(RPCStatus)
    }

    /// What to do with a message that came.
    enum Arrival: Equatable {
        case queued
        /// Stop giving the caller room.
        case queuedAndFull
        /// Give it to the reader that waits.
        case deliver(ReceivedMessage)
        case dropped
    }

    /// What a reader gets.
    enum Taken: Equatable {
        /// A message; `hasRoom`: give the caller room again.
        case message(ReceivedMessage, hasRoom: Bool)
        case end
        case failed(RPCStatus)
        /// Nothing is there yet.
        case wait
    }

    /// What a waiting reader is told of an end.
    enum Ending: Equatable {
        case nobodyWaits
        case tell
    }

    /// What a queued message costs beside its bytes, so that empty ones count too.
    static let overheadBytes = 64

    private(set) var state = State.open
    private(set) var queuedBytes = 0
    private(set) var isFull = false
    private(set) var isAwaited = false
    private let capBytes: Int
    private var messages: Deque<ReceivedMessage> = []

    init(capBytes: Int) { self.capBytes = capBytes }

    mutating func arrived(_ message: ReceivedMessage) -> Arrival {
        guard state == .open else { return .dropped }
        if isAwaited {
            isAwaited = false
            return .deliver(message)
        }
        messages.append(message)
        queuedBytes += message.bytes.count + Self.overheadBytes
        guard queuedBytes > capBytes, !isFull else { return .queued }
        isFull = true
        return .queuedAndFull
    }

    mutating func take() -> Taken {
        precondition(!isAwaited, "two readers of one call's messages")
        if case .failed(let status) = state { return .failed(status) }
        guard let message = messages.popFirst() else {
            return state == .complete ? .end : .wait
        }
        queuedBytes -= message.bytes.count + Self.overheadBytes
        let hasRoom = isFull && queuedBytes <= capBytes / 2
        if hasRoom { isFull = false }
        return .message(message, hasRoom: hasRoom)
    }

    /// A reader waits: the next message or the end is for it.
    mutating func awaits() {
        precondition(!isAwaited && messages.isEmpty, "a reader waits beside another or messages")
        isAwaited = true
    }

    /// The reader does not wait any more.
    mutating func giveUp() { isAwaited = false }

    mutating func completed() -> Ending {
        guard state == .open else { return .nobodyWaits }
        state = .complete
        return ending()
    }

    mutating func failed(_ status: RPCStatus) -> Ending {
        if case .failed = state { return .nobodyWaits }
        state = .failed(status)
        messages = []
        queuedBytes = 0
        return ending()
    }

    private mutating func ending() -> Ending {
        defer { isAwaited = false }
        return isAwaited ? .tell : .nobodyWaits
    }
}
