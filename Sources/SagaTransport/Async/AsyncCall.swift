internal import SagaRPC
internal import Synchronization

/// One call that an async function serves, on its event loop: between what the connection tells
/// and what the function awaits.
final class AsyncCall {
    /// One wait of a function, so that a cancelled one is known from the next.
    final class Wait: Sendable {
        /// Set by whatever thread cancels, read on the event loop.
        let isCancelled = Atomic(false)
    }

    typealias Reader = CheckedContinuation<Result<[UInt8]?, RPCStatus>, Never>
    typealias Sender = CheckedContinuation<RPCStatus?, Never>

    static let cancelled = RPCStatus(.cancelled, "the task of the service was cancelled")
    static let over = RPCStatus(.cancelled, "the call is over")

    let id: ServerCallID
    let method: AsyncMethod
    let writer: CallWriter
    /// The message of a call that has only one, until its function begins.
    var request: ReceivedMessage?
    /// Whether the message that the function took last came compressed.
    var isMessageCompressed = false
    var trailers = Metadata()
    private var task: Task<Void, Never>?
    private var queue: MessageQueue
    private var reader: (wait: Wait, continuation: Reader)?
    private var senders: [(wait: Wait, continuation: Sender)] = []
    /// How many bytes may wait for the caller to take them.
    private var outgoingCapBytes: Int
    /// The outgoing cap was reached, and `writable` was not told since.
    private var isFull = false
    /// Why nothing can be written any more.
    private var end: RPCStatus?

    init(
        _ id: ServerCallID, _ method: AsyncMethod, _ writer: CallWriter, queuedBytes: Int
    ) {
        self.id = id
        self.method = method
        self.writer = writer
        queue = MessageQueue(capBytes: queuedBytes)
        outgoingCapBytes = writer.outgoingCapBytes
    }

    /// Ties the task to the call, unless it is done already.
    func began(_ task: Task<Void, Never>) {
        if end == nil { self.task = task }
    }

    // MARK: What the connection tells

    func arrived(_ message: ReceivedMessage) {
        switch queue.arrived(message) {
        case .queued, .dropped: break
        case .queuedAndFull: writer.pauseReceiving(id)
        case .deliver(let message):
            isMessageCompressed = message.isCompressed
            tellReader(.success(message.bytes))
        }
    }

    func completed() {
        if queue.completed() == .tell { tellReader(.success(nil)) }
    }

    func writable() {
        isFull = false
        let waiting = senders
        senders = []
        for sender in waiting { sender.continuation.resume(returning: nil) }
    }

    /// The call is over without the function: it is told wherever it waits, and cancelled.
    func ended(_ status: RPCStatus) {
        close(status)
        task?.cancel()
        task = nil
    }

    // MARK: What the function does

    /// What the queue holds.
    var queuedBytes: Int { queue.queuedBytes }

    /// Whether a reader waits.
    var isAwaited: Bool { queue.isAwaited }

    /// What a reader gets without waiting; nil if it has to wait.
    func takeNow() -> Result<[UInt8]?, RPCStatus>? {
        switch take() {
        case .message(let message, _):
            isMessageCompressed = message.isCompressed
            return .success(message.bytes)
        case .end: return .success(nil)
        case .failed(let status): return .failure(status)
        case .wait: return nil
        }
    }

    private func take() -> MessageQueue.Taken {
        let taken = queue.take()
        if case .message(_, hasRoom: true) = taken {
            writer.resumeReceiving(id)
            writer.flushSoon()
        }
        return taken
    }

    /// Gives the reader the next message, the end, or a failure; now or when it is there.
    func take(_ wait: Wait, _ continuation: Reader) {
        guard !wait.isCancelled.load(ordering: .acquiring) else {
            continuation.resume(returning: .failure(Self.cancelled))
            return
        }
        if let taken = takeNow() {
            continuation.resume(returning: taken)
        } else {
            queue.awaits()
            reader = (wait, continuation)
        }
    }

    func giveUpReading(_ wait: Wait) {
        guard reader?.wait === wait else { return }
        queue.giveUp()
        tellReader(.failure(Self.cancelled))
    }

    /// Whether a message can be sent now: nil when it has to wait for room.
    func sendNow(_ message: Span<UInt8>) -> Result<Void, RPCStatus>? {
        if let end { return .failure(end) }
        if isFull { return nil }
        isFull = writer.send(id, message) > outgoingCapBytes
        writer.flushSoon()
        return .success(())
    }

    /// Waits until there is room; the answer is why there will be none.
    func waitForRoom(_ wait: Wait, _ continuation: Sender) {
        if let end {
            continuation.resume(returning: end)
        } else if wait.isCancelled.load(ordering: .acquiring) {
            continuation.resume(returning: Self.cancelled)
        } else if !isFull {
            continuation.resume(returning: nil)
        } else {
            senders.append((wait, continuation))
        }
    }

    func giveUpSending(_ wait: Wait) {
        guard let place = senders.firstIndex(where: { $0.wait === wait }) else { return }
        senders.remove(at: place).continuation.resume(returning: Self.cancelled)
    }

    func setOutgoingCap(bytes: Int) {
        outgoingCapBytes = min(bytes, outgoingCapBytes)
        writer.setOutgoingCap(id, bytes: outgoingCapBytes)
    }

    func sendHead(_ metadata: Metadata) {
        guard end == nil else { return }
        writer.sendHead(id, metadata)
        writer.flushSoon()
    }

    /// Takes the one message of a call that has only one.
    func takeRequest() -> [UInt8] {
        guard let taken = request else { return [] }
        request = nil
        isMessageCompressed = taken.isCompressed
        return taken.bytes
    }

    /// The function is done: with one message, with none, or by throwing. Returns whether the
    /// caller hears of it.
    func finish(_ result: Result<[UInt8]?, RPCStatus>) -> Bool {
        task = nil
        guard end == nil else { return false }
        switch result {
        case .success(let message?):
            if trailers.isEmpty {
                writer.reply(id, message.span)
            } else {
                writer.send(id, message.span)
                writer.finish(id, .ok, trailers)
            }
        case .success(nil): writer.finish(id, .ok, trailers)
        case .failure(let status): writer.finish(id, status, trailers)
        }
        writer.flushSoon()
        close(Self.over)
        return true
    }

    private func close(_ status: RPCStatus) {
        guard end == nil else { return }
        end = status
        if queue.failed(status) == .tell { tellReader(.failure(status)) }
        let waiting = senders
        senders = []
        for sender in waiting { sender.continuation.resume(returning: status) }
    }

    private func tellReader(_ result: Result<[UInt8]?, RPCStatus>) {
        let continuation = reader?.continuation
        reader = nil
        continuation?.resume(returning: result)
    }
}
