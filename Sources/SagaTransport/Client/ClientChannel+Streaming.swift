package import SagaRPC
internal import Synchronization

// Calls with messages one by one. Each lives as long as the closure that works with it: when the
// closure is done and the call is not, or when its task is cancelled, the call is cancelled.
extension ClientChannel {
    /// Makes a call with any number of requests and one answer.
    ///
    /// When `write` returns, the requests are over and the answer is waited for. A server may
    /// answer before it has read all requests.
    package func clientStreaming(
        _ path: String, _ options: CallOptions = CallOptions(),
        _ write: (RequestWriter) async throws -> Void
    ) async throws -> CallResponse {
        try await bidirectional(path, options) { requests, responses in
            try await write(requests)
            requests.finish()
            var messages = responses.makeAsyncIterator()
            guard let message = try await messages.next() else {
                throw RPCFailure(.noResponse)
            }
            guard try await messages.next() == nil else {
                throw RPCFailure(.tooManyResponses)
            }
            return CallResponse(
                head: try await responses.head, message: message,
                trailers: await responses.end.metadata)
        }
    }

    /// Makes a call with one request and any number of answers.
    package func serverStreaming<Result>(
        _ path: String, _ request: [UInt8], _ options: CallOptions = CallOptions(),
        _ read: (ResponseMessages) async throws -> Result
    ) async throws -> Result {
        try await bidirectional(path, options) { requests, responses in
            try await requests.write(request)
            requests.finish()
            return try await read(responses)
        }
    }

    /// Makes a call with one request, whose answers are read for as long as somebody holds them.
    package func heldStreaming(
        _ path: String, _ request: [UInt8], _ options: CallOptions = CallOptions()
    ) -> HeldResponses {
        HeldResponses(StreamExchange(self, path, options), request)
    }

    /// Makes a call with any number of messages each way, in any order.
    ///
    /// Writer and messages may be used by two tasks, as long as both end within the closure.
    package func bidirectional<Result>(
        _ path: String, _ options: CallOptions = CallOptions(),
        _ body: (RequestWriter, ResponseMessages) async throws -> Result
    ) async throws -> Result {
        let exchange = StreamExchange(self, path, options)
        defer { exchange.cancel() }
        return try await withTaskCancellationHandler {
            exchange.begin()
            return try await body(
                RequestWriter(exchange: exchange), ResponseMessages(exchange: exchange))
        } onCancel: {
            exchange.cancel()
        }
    }
}

/// Sends the requests of a call.
package struct RequestWriter: Sendable {
    let exchange: StreamExchange

    /// Sends a message; waits while more waits to be sent than the cap of the settings.
    ///
    /// Returns false, and sends nothing, when the server has ended the call with OK already.
    /// Throws what the call has ended with otherwise.
    @discardableResult
    package func write(_ message: [UInt8]) async throws(RPCFailure) -> Bool {
        try await exchange.write(message)
    }

    /// Says that there are no further requests.
    package func finish() { exchange.halfClose() }
}

/// The answers of a call that lives outside of a closure, to be read by one task at a time; when
/// nobody holds them any more the call is cancelled.
package final class HeldResponses: Sendable {
    private let exchange: StreamExchange
    private let request: Mutex<[UInt8]?>

    init(_ exchange: StreamExchange, _ request: [UInt8]) {
        self.exchange = exchange
        self.request = Mutex(request)
        exchange.begin()
    }

    deinit { exchange.cancel() }

    /// The next message; nil behind the last one. A task that is cancelled cancels the call.
    package func next() async throws(RPCFailure) -> [UInt8]? {
        if let request = request.withLock({ $0.take() }) {
            _ = try await exchange.write(request)
            exchange.halfClose()
        }
        return try await exchange.next()
    }
}

/// The answers of a call, to be read by one task.
///
/// They end when the server ended the call with OK, and throw for any other status. As long as
/// they are not read, the server is given room for ``ClientSettings/readAheadBytes`` and what the
/// windows of the connection hold, no more.
package struct ResponseMessages: AsyncSequence, Sendable {
    /// A message's bytes.
    package typealias Element = [UInt8]
    /// What the call has ended with.
    package typealias Failure = RPCFailure

    let exchange: StreamExchange

    /// What came ahead of the messages; empty for a call that failed at once.
    package var head: Metadata {
        get async throws(RPCFailure) { try await exchange.head() }
    }

    /// How the call ended; waits for it. What is not read until then stays to be read.
    package var end: ClientCallEnd {
        get async { await exchange.end() }
    }

    /// Begins to read, or goes on where another iterator has stopped.
    package func makeAsyncIterator() -> Iterator { Iterator(exchange: exchange) }

    /// Reads messages one by one.
    package struct Iterator: AsyncIteratorProtocol {
        let exchange: StreamExchange

        /// The next message; nil behind the last one.
        package mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(RPCFailure) -> [UInt8]? {
            try await exchange.next()
        }

        /// The next message; nil behind the last one.
        package mutating func next() async throws(RPCFailure) -> [UInt8]? {
            try await exchange.next()
        }
    }
}
