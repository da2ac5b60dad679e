import SagaHTTP2

/// Holds what a session hands out against RFC 9113, and shows it to a session of the other role.
struct OutputCheck: ~Copyable {
    private let role: HTTP2Role
    private var prefaceLeft: Int
    private var peer: HTTP2Session
    /// The peer knows the streams that are used.
    private var peerFollows = true
    private var begun: Set<UInt32> = []
    private var ended: Set<UInt32> = []
    private var blockStream: UInt32 = 0
    private(set) var hasFailedGoAway = false
    private(set) var count = 0

    /// Streams that the peer of a server has opened before.
    private static let peerStreams: UInt32 = 8

    init(of role: HTTP2Role) throws {
        let peer = try Self.makePeer(of: role)
        self.peer = peer
        self.role = role
        prefaceLeft = role == .client ? 24 : 0
    }

    private static func makePeer(of role: HTTP2Role) throws -> HTTP2Session {
        let any = RateLimit(burst: 1 << 20, perSecond: 1 << 20)
        let settings = HTTP2Settings(
            limits: HTTP2Limits(
                peerResets: any, provokedResets: any, settings: any, pings: any,
                windowUpdates: any, emptyData: any, tinyData: any, ignoredHeaders: any,
                uselessFrames: any))
        var peer = try HTTP2Session(role == .client ? .server : .client, settings)
        if role == .server {
            for _ in 0..<Self.peerStreams { _ = try peer.request(.anyRequest) }
        }
        while try peer.drain(limit: 1 << 20, { _ in }) {}
        return peer
    }

    /// Takes what one call of `drain` handed out.
    mutating func take(_ bytes: [UInt8]) throws {
        count += bytes.count
        var place = min(prefaceLeft, bytes.count)
        var shown = Array(bytes[..<place])
        prefaceLeft -= place
        while place < bytes.count {
            try require(bytes.count - place >= 9, "output ends within the head of a frame")
            let length =
                Int(bytes[place]) << 16 | Int(bytes[place + 1]) << 8 | Int(bytes[place + 2])
            let end = place + 9 + length
            try require(length <= 16_384, "frame of \(length) bytes")
            try require(end <= bytes.count, "output ends within a frame")
            if try takeFrame(bytes[place..<end]) { shown += bytes[place..<end] }
            place = end
        }
        try show(shown)
    }

    private mutating func show(_ bytes: [UInt8]) throws {
        guard peerFollows, !bytes.isEmpty else { return }
        do {
            try peer.receive(bytes.span, now: HTTP2Instant(nanoseconds: 0))
            while let event = peer.nextEvent() {
                if case .data(let stream, let range) = event { peer.consumed(stream, range.count) }
            }
            while try peer.drain(limit: 1 << 20, { _ in }) {}
            while peer.nextEvent() != nil {}
        } catch {
            throw FuzzFailure("peer cannot read the output: \(error)")
        }
        if let termination = peer.termination {
            throw FuzzFailure("peer refuses the output: \(termination)")
        }
    }

    /// Judges a frame. False: an answer to what the peer here has not sent.
    private mutating func takeFrame(_ frame: ArraySlice<UInt8>) throws -> Bool {
        let head = Array(frame.prefix(9))
        let payload = Array(frame.dropFirst(9))
        let (type, flags) = (head[3], head[4])
        let stream = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        try require(!hasFailedGoAway, "frame of type \(type) behind the last GOAWAY")
        try require(
            blockStream == 0 || (type == 9 && stream == blockStream), "header block is torn")
        // A push that crosses this side's SETTINGS is refused.
        let isRefusal = role == .client && type == 3
        try require(stream == 0 || stream & 1 == 1 || isRefusal, "frame on stream \(stream)")
        if role == .server, stream >= 2 * Self.peerStreams { peerFollows = false }
        switch type {
        case 0, 1, 9:
            try takeStreamFrame(type, flags, stream)
        case 3:
            try require(payload.count == 4 && stream != 0, "RST_STREAM \(frame)")
            ended.insert(stream)
            return stream & 1 == 1
        case 4:
            try require(stream == 0 && payload.count % 6 == 0, "SETTINGS \(frame)")
            return flags & 1 == 0
        case 6:
            try require(stream == 0 && payload.count == 8, "PING \(frame)")
            return flags & 1 == 0
        case 7:
            try require(stream == 0 && payload.count >= 8, "GOAWAY \(frame)")
            if payload[4..<8].contains(where: { $0 != 0 }) {
                hasFailedGoAway = true
                try require(payload.count > 8, "GOAWAY without a reason")
            }
        case 8:
            try require(
                payload.count == 4 && payload.contains { $0 != 0 }, "WINDOW_UPDATE \(frame)")
        default:  // types are an open set, of which the session sends these
            throw FuzzFailure("frame of type \(type)")
        }
        return true
    }

    private mutating func takeStreamFrame(
        _ type: UInt8, _ flags: UInt8, _ stream: UInt32
    ) throws {
        try require(stream != 0, "type \(type) on stream 0")
        if type != 9 {
            try require(!ended.contains(stream), "type \(type) on ended stream \(stream)")
            try require(type == 1 || begun.contains(stream), "DATA ahead of HEADERS on \(stream)")
            begun.insert(stream)
            if flags & 1 != 0 { ended.insert(stream) }
        }
        if type != 0 { blockStream = flags & 4 == 0 ? stream : 0 }
    }
}

extension HeaderList {
    /// The head of a request.
    static let anyRequest = HeaderList([
        ":method": "POST", ":scheme": "http", ":path": "/p", ":authority": "a",
    ])
}

extension [UInt8] {
    /// Adds bytes that a session hands out.
    mutating func append(raw bytes: RawSpan) {
        for place in 0..<bytes.byteCount {
            // SAFETY: `place` is within the span.
            append(unsafe bytes.unsafeLoad(fromByteOffset: place, as: UInt8.self))
        }
    }
}
