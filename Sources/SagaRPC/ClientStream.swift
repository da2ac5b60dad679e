package import SagaHTTP2

/// How far a call that failed may have come: whether it may be made again without harm.
package enum CallReach: Equatable, Sendable {
    /// The server has surely not looked at it.
    case neverSeen
    /// It may have been carried out, in part or whole.
    case maybeSeen
    /// The server has answered, with a head or a status of its own.
    case answered
}

/// What a call ended with.
package struct CallOutcome: Equatable, Sendable {
    /// What the server said, or what this side says for it.
    package let status: RPCStatus
    /// What came in the trailers beside the status.
    package let metadata: Metadata
    /// How far the call may have come.
    package let reach: CallReach
    /// What the server wants of whoever would make the call again; nil if it did not say.
    package let pushback: RetryPushback?

    /// Makes an outcome.
    package init(
        _ status: RPCStatus, metadata: Metadata = Metadata(), reach: CallReach,
        pushback: RetryPushback? = nil
    ) {
        self.status = status
        self.metadata = metadata
        self.reach = reach
        self.pushback = pushback
    }
}

/// What a server says in `grpc-retry-pushback-ms` (gRPC's proposal A6, Pushback).
package enum RetryPushback: Equatable, Sendable {
    /// The call may be made again when so much time has passed.
    case after(RPCTimeout)
    /// The call is not to be made again: a number below 0, or what is no number.
    case never

    init(_ text: Span<UInt8>) {
        // A number of more than nine digits is as none: eleven days and a half are enough.
        if let milliseconds = text.decimal {
            self = .after(RPCTimeout(nanoseconds: Int64(milliseconds) * 1_000_000))
        } else {
            self = .never
        }
    }
}

/// What a server did.
package enum ClientEvent: Equatable, Sendable {
    /// The response's head; a call that fails at once has none.
    case headers(HTTP2Stream, Metadata)
    case message(HTTP2Stream, MessageBytes)
    /// The call is over; nothing more comes of it.
    case ended(HTTP2Stream, CallOutcome)
    /// A call whose outgoing bytes were over the cap has room again.
    case writable(HTTP2Stream)
    /// The server's SETTINGS have come: the connection works.
    case ready
    /// The server takes no further call; calls it has not looked at end as `neverSeen`.
    case goAway(HTTP2ErrorCode, reason: String)
    /// The answer to a PING of the owner.
    case pingAcknowledged(UInt64)
}

extension ClientEvent {
    /// The call it is about, if it is about one.
    var stream: HTTP2Stream? {
        switch self {
        case .headers(let stream, _), .message(let stream, _), .ended(let stream, _),
            .writable(let stream):
            stream
        case .ready, .goAway, .pingAcknowledged: nil
        }
    }
}

/// What became of the wish to make a call.
package enum CallOpening: Equatable, Sendable {
    case opened(HTTP2Stream)
    /// The connection takes no further call; another one may.
    case refused(RPCStatus)
}

/// One stream of a client's connection.
struct ClientStream {
    enum Phase: Equatable {
        /// The owner knows the end; what still comes is dropped.
        /// Can transition to: waiting (a new call at the same place).
        case ended
        /// Nothing has come yet. Can transition to: receiving, ended.
        case waiting
        /// The head has come. Can transition to: ended.
        case receiving
    }

    var stream: HTTP2Stream
    var phase = Phase.ended
    var cardinality = Cardinality(one: false)
    /// What the response's `grpc-encoding` names; nil for ``foreignEncoding``.
    var encoding: MessageEncoding? = .identity
    /// A name in `grpc-encoding` that is not spoken here.
    var foreignEncoding = ""
    /// What the request's `grpc-encoding` names.
    var announced = MessageEncoding.identity
    /// How the next message goes out.
    var sending = MessageEncoding.identity
    /// This side has sent all.
    var localEnded = false
    var deadline: RPCInstant?
    var deframer = Deframer()
    var tag: UInt64 = 0
    var heldBytes = 0
    var isPaused = false
}
