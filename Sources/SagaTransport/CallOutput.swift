package import SagaRPC

/// Where what serves calls writes its answers: ``CallWriter`` over sockets, or a world without
/// any.
package protocol CallOutput: AnyObject {
    /// The event loop's index among ``Server/loops``.
    var loopIndex: Int { get }
    /// The clock that deadlines are told on.
    var now: RPCInstant { get }
    /// Answers a unary call: head, message and OK in one go.
    func reply(_ call: ServerCallID, _ message: Span<UInt8>)
    /// Sends a message. Returns how many bytes wait on the call now.
    @discardableResult
    func send(_ call: ServerCallID, _ message: Span<UInt8>) -> Int
    /// Ends a call with a status, behind the messages sent before.
    func finish(_ call: ServerCallID, _ status: RPCStatus, _ metadata: Metadata)
    /// Starts or stops reading from all sockets of the loop.
    func setReading(_ on: Bool)
    /// Collects what happened on all event loops, and tells it on this one.
    func collectCounters(_ tell: @escaping (ServerCounters) -> Void)
}

extension CallOutput {
    /// Ends a call with a status alone.
    package func finish(_ call: ServerCallID, _ status: RPCStatus) {
        finish(call, status, Metadata())
    }
}

extension CallWriter: CallOutput {}
