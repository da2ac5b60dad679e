internal import NIOCore
package import SagaRPC
internal import Synchronization

/// A call as its async function sees it; may be used from any task and thread.
///
/// A call that is over takes everything without effect.
package struct ServerCall: Sendable {
    /// What the caller sent beside its messages.
    package let metadata: Metadata
    /// When the caller gives up; the function is cancelled then.
    package let deadline: RPCInstant?
    /// The caller's address, for people.
    package let peer: String
    /// Who the caller is, if a certificate that was checked says so.
    package let identity: PeerIdentity?
    let bound: NIOLoopBound<AsyncCall>

    init(_ call: AsyncCall, _ request: CallRequest, _ eventLoop: any EventLoop) {
        metadata = request.metadata
        deadline = request.deadline
        peer = request.peer
        identity = request.identity
        bound = NIOLoopBound(call, eventLoop: eventLoop)
    }

    /// How long the caller still waits; nil if it waits for ever, and never below zero.
    package var timeLeft: Duration? {
        deadline.map { .nanoseconds(max(0, $0.nanoseconds - RPCInstant.now.nanoseconds)) }
    }

    /// Sends the head with metadata, before the first message; without this the first message
    /// sends one without.
    package func sendHead(_ metadata: Metadata = Metadata()) async {
        await onLoop { $0.sendHead(metadata) }
    }

    /// Says how messages go out from the next one on. Returns whether they will: a caller who does
    /// not take gzip gets none, nor one whom the head has told of none.
    @discardableResult
    package func setCompression(_ encoding: MessageEncoding) async -> Bool {
        await onLoop { $0.writer.setCompression($0.id, encoding) }
    }

    /// Lowers the number of bytes that may wait for the caller to take them, before the writer
    /// waits; to be called before the first message is sent.
    package func setOutgoingCap(bytes: Int) async {
        await onLoop { $0.setOutgoingCap(bytes: bytes) }
    }

    /// Whether the message that the function took last came compressed.
    package func isMessageCompressed() async -> Bool { await onLoop { $0.isMessageCompressed } }

    /// Sets the metadata that goes out beside the status.
    package func setTrailers(_ metadata: Metadata) async {
        await onLoop { $0.trailers = metadata }
    }

    /// Runs a block on the call's event loop: at once if this is the loop, as it nearly always is.
    func onLoop<Answer: Sendable>(
        _ body: @escaping @Sendable (AsyncCall) -> Answer
    ) async -> Answer {
        if bound.eventLoop.inEventLoop { return body(bound.value) }
        return await withCheckedContinuation { continuation in
            bound.eventLoop.execute { continuation.resume(returning: body(bound.value)) }
        }
    }

    /// Waits on the call's event loop for what `begin` promises; `giveUp` runs if the task that
    /// waits is cancelled.
    func wait<Answer: Sendable>(
        _ begin:
            @escaping @Sendable (AsyncCall, AsyncCall.Wait, CheckedContinuation<Answer, Never>) ->
            Void,
        giveUp: @escaping @Sendable (AsyncCall, AsyncCall.Wait) -> Void
    ) async -> Answer {
        let wait = AsyncCall.Wait()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if bound.eventLoop.inEventLoop {
                    begin(bound.value, wait, continuation)
                } else {
                    bound.eventLoop.execute { begin(bound.value, wait, continuation) }
                }
            }
        } onCancel: {
            wait.isCancelled.store(true, ordering: .releasing)
            bound.eventLoop.execute { giveUp(bound.value, wait) }
        }
    }
}
