internal import DequeModule
internal import SagaRPC

/// What a call's event loop and its tasks hand to each other; a plain value behind one lock.
///
/// `Waiter` is what a task waits on.
struct StreamState<Waiter> {
    /// What a task that reads gets.
    enum Reading {
        /// `givesBack`: the server was stopped and is to be given room again.
        case message([UInt8], givesBack: Bool)
        case ended(ClientCallEnd)
        /// Nothing yet: wait, then ask again.
        case nothing
    }

    /// What a task that writes gets.
    enum Writing: Equatable {
        case go
        case ended(ClientCallEnd)
        /// The call is full: wait, then ask again.
        case full
    }

    private let readAheadBytes: Int
    private let outgoingCapBytes: Int
    private(set) var head: Metadata?
    private(set) var end: ClientCallEnd?
    private var messages: Deque<[UInt8]> = []
    private var messageBytes = 0
    /// The server is given no room.
    private var isPaused = false
    /// Bytes on their way to the event loop.
    private var submittedBytes = 0
    /// The event loop has more than the cap.
    private var isFull = false
    private var waiters: [Waiter] = []

    init(readAheadBytes: Int, outgoingCapBytes: Int) {
        self.readAheadBytes = readAheadBytes
        self.outgoingCapBytes = outgoingCapBytes
    }

    // MARK: The event loop's side

    mutating func opened(_ metadata: Metadata) -> [Waiter] {
        head = metadata
        return takeWaiters()
    }

    /// Takes messages of one turn. Returns whom to wake, and whether the server is to be stopped.
    mutating func received(_ new: [[UInt8]]) -> (waiters: [Waiter], pauses: Bool) {
        for message in new {
            messageBytes += message.count
            messages.append(message)
        }
        let pauses = !isPaused && messageBytes > readAheadBytes
        if pauses { isPaused = true }
        return (takeWaiters(), pauses)
    }

    /// A message was handed on, after which so many bytes wait to be sent.
    mutating func sent(_ count: Int, outgoingBytes: Int) {
        submittedBytes -= count
        if outgoingBytes > outgoingCapBytes { isFull = true }
    }

    mutating func writable() -> [Waiter] {
        isFull = false
        return takeWaiters()
    }

    mutating func closed(_ end: ClientCallEnd) -> [Waiter] {
        self.end = end
        return takeWaiters()
    }

    private mutating func takeWaiters() -> [Waiter] {
        let all = waiters
        waiters = []
        return all
    }

    // MARK: The tasks' side

    mutating func read() -> Reading {
        guard let message = messages.popFirst() else {
            return end.map(Reading.ended) ?? .nothing
        }
        messageBytes -= message.count
        let givesBack = isPaused && messageBytes <= readAheadBytes / 2
        if givesBack { isPaused = false }
        return .message(message, givesBack: givesBack)
    }

    mutating func write(_ count: Int) -> Writing {
        if let end { return .ended(end) }
        guard canWrite else { return .full }
        submittedBytes += count
        return .go
    }

    /// A message larger than the cap goes alone.
    private var canWrite: Bool { !isFull && submittedBytes <= outgoingCapBytes }

    // Each of these gives the waiter back when there is nothing to wait for any more.

    mutating func waitToRead(_ waiter: Waiter) -> Waiter? {
        keep(waiter, if: messages.isEmpty && end == nil)
    }

    mutating func waitToWrite(_ waiter: Waiter) -> Waiter? {
        keep(waiter, if: !canWrite && end == nil)
    }

    mutating func waitForHead(_ waiter: Waiter) -> Waiter? {
        keep(waiter, if: head == nil && end == nil)
    }

    mutating func waitForEnd(_ waiter: Waiter) -> Waiter? { keep(waiter, if: end == nil) }

    private mutating func keep(_ waiter: Waiter, if isNeeded: Bool) -> Waiter? {
        guard isNeeded else { return waiter }
        waiters.append(waiter)
        return nil
    }

    /// Whether `submittedBytes` alone kept writers waiting, and they have room now.
    mutating func takeWritersWithRoom() -> [Waiter] { canWrite ? takeWaiters() : [] }
}
