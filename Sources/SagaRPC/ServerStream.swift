package import SagaHTTP2

/// What a call asks for.
package struct RequestHead: Equatable, Sendable {
    /// The method, by its place in the table.
    package let method: MethodIndex
    /// When the caller gives up; the connection ends the call by then.
    package let deadline: RPCInstant?
    /// What the caller sent beside its messages.
    package let metadata: Metadata
}

/// Why nothing can be written to a call any more.
package enum CallEnd: Equatable, Sendable {
    /// The caller reset the stream.
    case cancelled
    case deadlineExceeded
    case connectionLost
    /// The caller broke a rule and was told this status.
    case failed(RPCStatus)
}

/// What callers did.
package enum ServerEvent: Equatable, Sendable {
    /// A call of a known method began; it is answered with `reply` or `finish`.
    case opened(HTTP2Stream, RequestHead)
    case message(HTTP2Stream, MessageBytes)
    /// The caller sends nothing more.
    case halfClosed(HTTP2Stream)
    /// A call that was not finished is over.
    case ended(HTTP2Stream, CallEnd)
    /// A call whose outgoing bytes were over the cap has room again.
    case writable(HTTP2Stream)

    /// The call it is about.
    var stream: HTTP2Stream {
        switch self {
        case .opened(let stream, _), .message(let stream, _), .halfClosed(let stream),
            .ended(let stream, _), .writable(let stream):
            stream
        }
    }
}

/// One stream of a server's connection.
struct ServerStream {
    enum Phase: Equatable {
        /// Not a call, or no longer one: what still comes is dropped.
        /// Can transition to: receiving (a new stream at the same place).
        case answered
        /// The caller may send more. Can transition to: halfClosed, answered.
        case receiving
        /// The caller has sent all. Can transition to: answered.
        case halfClosed
    }

    var stream: HTTP2Stream
    var phase = Phase.answered
    var headSent = false
    var cardinality = Cardinality(one: false)
    /// What the request's `grpc-encoding` names.
    var encoding = MessageEncoding.identity
    /// Whether the caller's `grpc-accept-encoding` has gzip.
    var callerTakesGzip = false
    /// What the response's `grpc-encoding` names, or is going to.
    var announced = MessageEncoding.identity
    /// How the next message goes out.
    var sending = MessageEncoding.identity
    /// The peer's half is over.
    var remoteEnded = false
    var deadline: RPCInstant?
    var deframer = Deframer()
    var tag: UInt64 = 0
    /// Bytes taken but not given back to the peer's window, while receiving is paused.
    var heldBytes = 0
    var isPaused = false
}
