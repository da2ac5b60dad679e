internal import SagaHTTP2

/// Why a connection of a server ended; the raw value is its name in counters and logs, and stays.
package enum ConnectionEnd: String, CaseIterable, Sendable {
    /// The peer closed it, or said that it leaves and had no call open.
    case peerClosed = "peer_closed"
    /// Reading or writing failed.
    case socketError = "socket_error"
    /// The first bytes were not those of HTTP/2.
    case notHTTP2 = "not_http2"
    /// Preface and SETTINGS did not come in time.
    case noPreface = "no_preface"
    /// The peer broke a rule of HTTP/2 that ends the connection.
    case protocolError = "protocol_error"
    /// The peer broke a limit of HTTP/2; counters of their own say which.
    case abuse
    /// A header block did not end in time.
    case slowHeaders = "slow_headers"
    /// Bytes waited, and the peer took none for too long.
    case writeStall = "write_stall"
    /// More bytes waited for the peer than a connection may hold.
    case outputCap = "output_cap"
    /// The peer made nghttp2 answer faster than it reads.
    case flooded
    /// PINGs came more often than allowed.
    case tooManyPings = "too_many_pings"
    /// The peer did not answer a PING.
    case keepaliveTimeout = "keepalive_timeout"
    /// No call was open for too long.
    case idle
    /// It was open for as long as a connection may be.
    case maxAge = "max_age"
    /// The server stops.
    case shutdown
    /// There is no memory for it.
    case outOfMemory = "out_of_memory"

    /// What the peer is told in the GOAWAY.
    var errorCode: HTTP2ErrorCode {
        switch self {
        case .peerClosed, .socketError, .idle, .maxAge, .shutdown, .keepaliveTimeout: .noError
        case .notHTTP2, .noPreface, .protocolError: .protocolError
        case .abuse, .slowHeaders, .writeStall, .outputCap, .flooded, .tooManyPings:
            .enhanceYourCalm
        case .outOfMemory: .internalError
        }
    }

    /// The debug data of the GOAWAY. `too_many_pings`, `max_idle` and `max_age` are what clients
    /// of gRPC know (gRPC's `doc/keepalive.md` and proposal A8); the others are for people.
    var debugText: String {
        switch self {
        case .idle: "max_idle"
        case .shutdown: "server is shutting down"
        case .noPreface: "preface and SETTINGS did not come in time"
        case .slowHeaders: "a header block did not end in time"
        case .writeStall: "the peer took no byte for too long"
        case .outputCap: "too many bytes wait for the peer"
        case .keepaliveTimeout: "a PING was not answered in time"
        case .peerClosed, .socketError, .notHTTP2, .protocolError, .abuse, .flooded,
            .tooManyPings, .maxAge, .outOfMemory:
            rawValue
        }
    }

    /// Whether a peer did something that it should not have done.
    var isPeersFault: Bool {
        switch self {
        case .peerClosed, .socketError, .idle, .maxAge, .shutdown, .outOfMemory: false
        case .notHTTP2, .noPreface, .protocolError, .abuse, .slowHeaders, .writeStall, .outputCap,
            .flooded, .tooManyPings, .keepaliveTimeout:
            true
        }
    }

    /// What becomes of the GOAWAY.
    enum LastWord {
        /// There is nobody to read it, or nothing that it could be written with.
        case none
        /// It is sent, and the socket closed: a peer that reads nothing is not waited for.
        case sent
        /// The socket stays half open until the peer has had time to read it.
        case awaited
    }

    /// How much is done for the GOAWAY to arrive.
    var lastWord: LastWord {
        switch self {
        case .peerClosed, .socketError, .notHTTP2, .flooded, .outOfMemory: .none
        case .writeStall, .outputCap, .keepaliveTimeout: .sent
        case .noPreface, .protocolError, .abuse, .slowHeaders, .tooManyPings, .idle, .maxAge,
            .shutdown:
            .awaited
        }
    }
}
