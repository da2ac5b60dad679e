internal import NIOCore
package import SagaRPC

/// Sends the messages of an answer, in order.
package struct ResponseWriter: Sendable {
    let call: ServerCall

    /// Sends a message; waits before that while more bytes than the outgoing cap of the
    /// connection's settings wait for the caller to take them.
    ///
    /// Throws when the call is over or the task is cancelled; the message was not sent then.
    package func send(_ message: [UInt8]) async throws(RPCStatus) {
        while true {
            let sent =
                call.bound.eventLoop.inEventLoop
                ? call.bound.value.sendNow(message.span)
                : await call.onLoop { $0.sendNow(message.span) }
            if let sent { return try sent.get() }
            let end = await call.wait {
                $0.waitForRoom($1, $2)
            } giveUp: {
                $0.giveUpSending($1)
            }
            if let end { throw end }
        }
    }
}
