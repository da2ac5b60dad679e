internal import NIOCore
package import SagaRPC

/// The messages of a caller, in order; the caller is given room as they are taken.
///
/// One reader at a time. Ends when the caller has sent all; throws when the call is over before
/// that, or the reader's task is cancelled.
package struct RequestMessages: AsyncSequence, Sendable {
    /// Takes one message after the other.
    package struct AsyncIterator: AsyncIteratorProtocol {
        let call: ServerCall

        /// The next message; nil behind the last.
        package mutating func next() async throws(RPCStatus) -> [UInt8]? {
            if call.bound.eventLoop.inEventLoop, !Task.isCancelled,
                let taken = call.bound.value.takeNow()
            {
                return try taken.get()
            }
            let taken = await call.wait {
                $0.take($1, $2)
            } giveUp: {
                $0.giveUpReading($1)
            }
            return try taken.get()
        }

        /// As above; a task executor keeps the task where it is, whatever it is isolated to.
        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(RPCStatus) -> [UInt8]? {
            try await next()
        }
    }

    let call: ServerCall

    /// Begins to take messages.
    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(call: call) }
}
