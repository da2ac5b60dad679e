/// Which end of a connection a session is.
package enum HTTP2Role: Equatable, Sendable {
    case server
    case client
}

/// What a session announces and keeps to; every limit is an argument, none is a constant in here.
package struct HTTP2Settings: Equatable, Sendable {
    /// Streams a peer may have open at once (SETTINGS_MAX_CONCURRENT_STREAMS).
    package var maxConcurrentStreams: Int
    /// Bytes a peer may send on one stream before it is given more (SETTINGS_INITIAL_WINDOW_SIZE).
    package var streamWindowBytes: Int
    /// Bytes a peer may send on the connection before it is given more.
    package var connectionWindowBytes: Int
    /// Size of a header list as RFC 9113 counts it: names, values, and 32 bytes a field.
    package var maxHeaderListBytes: Int
    /// Bytes waiting on one stream from which on the stream counts as full; what to do about it
    /// is the caller's decision, see ``HTTP2Event/writable(_:)``.
    package var outgoingCapBytes: Int
    /// Bytes of all streams that were handed out and not consumed, from which on the connection's
    /// window is held too. Below, one slow stream never holds up another.
    package var unconsumedCapBytes: Int
    /// What a peer may do at most before the connection is ended.
    package var limits: HTTP2Limits

    /// Makes settings; the defaults suit a server with few busy clients.
    package init(
        maxConcurrentStreams: Int = 1000, streamWindowBytes: Int = 1 << 20,
        connectionWindowBytes: Int = 16 << 20, maxHeaderListBytes: Int = 16 << 10,
        outgoingCapBytes: Int = 1 << 20, unconsumedCapBytes: Int = 64 << 20,
        limits: HTTP2Limits = HTTP2Limits()
    ) {
        self.maxConcurrentStreams = maxConcurrentStreams
        self.streamWindowBytes = streamWindowBytes
        self.connectionWindowBytes = connectionWindowBytes
        self.maxHeaderListBytes = maxHeaderListBytes
        self.outgoingCapBytes = outgoingCapBytes
        self.unconsumedCapBytes = unconsumedCapBytes
        self.limits = limits
    }
}

/// Why a session cannot go on; the connection has to be closed.
package enum HTTP2Failure: Error, Equatable, Sendable {
    /// The peer's first bytes are not the HTTP/2 preface.
    case notHTTP2
    /// The peer makes us answer faster than it reads the answers.
    case flooded
    case outOfMemory
    /// nghttp2's code, one that its documentation does not list for the call.
    case library(code: Int)
}

/// An error code of RFC 9113, section 7; peers may send others.
package struct HTTP2ErrorCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    package let rawValue: UInt32

    /// Takes a code as it stands on the wire.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Not an error: the end is wanted.
    package static let noError = Self(rawValue: 0x0)
    /// A rule was broken for which there is no other code.
    package static let protocolError = Self(rawValue: 0x1)
    /// The sender of the code has failed.
    package static let internalError = Self(rawValue: 0x2)
    /// More was sent than the window allowed.
    package static let flowControlError = Self(rawValue: 0x3)
    /// SETTINGS were not acknowledged in time.
    package static let settingsTimeout = Self(rawValue: 0x4)
    /// A frame came for a stream that was closed.
    package static let streamClosed = Self(rawValue: 0x5)
    /// A frame had a wrong size.
    package static let frameSizeError = Self(rawValue: 0x6)
    /// The stream was not looked at, so it may be tried again.
    package static let refusedStream = Self(rawValue: 0x7)
    /// The stream is not needed any more.
    package static let cancel = Self(rawValue: 0x8)
    /// Header compression cannot be kept up.
    package static let compressionError = Self(rawValue: 0x9)
    /// A CONNECT request lost its connection.
    package static let connectError = Self(rawValue: 0xa)
    /// The peer does too much of something.
    package static let enhanceYourCalm = Self(rawValue: 0xb)
    /// The transport is not secure enough.
    package static let inadequateSecurity = Self(rawValue: 0xc)
    /// The peer is to use HTTP/1.1.
    package static let http11Required = Self(rawValue: 0xd)
}

/// A stream's place in the session's table.
///
/// Places are used again, so the caller can keep its own state of a stream in an array by
/// ``index``. The generation tells a late use of an old stream from the new one at its place.
package struct HTTP2Stream: Hashable, Sendable {
    /// Small and dense: at most the largest number of streams open at once.
    package let index: Int32
    /// How often the place was used before.
    package let generation: UInt32

    /// Compares without the detour that a synthesized comparison takes in other modules.
    package static func == (left: Self, right: Self) -> Bool {
        left.index == right.index && left.generation == right.generation
    }
}

/// What a peer did, or what became of a stream.
package enum HTTP2Event: Equatable, Sendable {
    /// The head of a request or a response, or trailers; `fields` are places in
    /// ``HTTP2Session/headerFields``, valid until the next call of `receive`.
    case headers(HTTP2Stream, fields: Range<Int>, endsStream: Bool)
    /// A header list over the limit; its fields were not kept.
    case headersTooLarge(HTTP2Stream, endsStream: Bool)
    /// Payload of a DATA frame, as a range of the bytes given to `receive`.
    case data(HTTP2Stream, Range<Int>)
    /// The peer sends nothing more on the stream (END_STREAM on a DATA frame).
    case dataEnded(HTTP2Stream)
    /// A stream that was full has room again.
    case writable(HTTP2Stream)
    /// The stream is over in both directions, or was reset by either side; its place is free
    /// from the next call on. `neverSent`: a request that did not leave this side.
    case closed(HTTP2Stream, HTTP2ErrorCode, neverSent: Bool)
    /// The peer takes no further streams; those above `lastStreamID` it has not looked at.
    case goAway(lastStreamID: Int32, HTTP2ErrorCode)
    /// The peer has sent a PING; its answer is in line.
    case ping(UInt64)
    /// The peer has answered a PING of this side.
    case pingAcknowledged(UInt64)
    /// The peer's SETTINGS are in force; the first are the end of its preface.
    case settingsReceived
    /// The peer keeps to this side's SETTINGS from now on.
    case settingsAcknowledged
}

/// A byte and a big-endian number ahead of a chunk of bytes.
///
/// It exists so that such a head and its body go into a stream's buffer in one call.
package struct ChunkPrefix: Equatable, Sendable {
    /// The byte that comes first.
    package var flag: UInt8
    /// The number behind it, most significant byte first on the wire.
    package var length: UInt32

    /// How many bytes a prefix has.
    static let byteCount = 5

    /// Makes a prefix.
    package init(flag: UInt8, length: UInt32) {
        self.flag = flag
        self.length = length
    }
}
