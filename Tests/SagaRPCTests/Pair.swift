import SagaHTTP2

@testable import SagaRPC

/// What a test's server saw, with the bytes of messages in place of ranges.
enum Seen: Equatable {
    case opened(String, Metadata)
    case message([UInt8])
    case halfClosed
    case ended(CallEnd)
    case writable
}

/// What a test's client saw.
enum Got: Equatable {
    case headers(Metadata)
    case message([UInt8])
    case ended(CallOutcome)
    case writable
    case goAway(HTTP2ErrorCode, String)
}

let method = "/test.Service/Echo"

/// A client and a server that talk through arrays.
final class Pair {
    var client: ClientConnection
    var server: ServerConnection
    var now = RPCInstant(nanoseconds: 1_000_000_000)
    /// How many bytes are handed over at once; 0 for all.
    var piece = 0
    var seen: [Seen] = []
    var got: [Got] = []
    var calls: [HTTP2Stream] = []
    /// Whether each message that the server saw, and the client, had come compressed.
    var seenCompressed: [Bool] = []
    var gotCompressed: [Bool] = []
    /// How the server answers a call that the client has half closed; nil: not at all.
    var respond: ((inout ServerConnection, HTTP2Stream, [[UInt8]]) -> Void)?
    private var collected: [HTTP2Stream: [[UInt8]]] = [:]

    init(
        maxMessageBytes: Int = 1 << 20, maxDecompressedBytes: Int? = nil,
        encoding: MessageEncoding = .identity, clientHTTP2: HTTP2Settings = HTTP2Settings(),
        serverHTTP2: HTTP2Settings = HTTP2Settings()
    ) throws {
        client = try ClientConnection(
            RPCSettings(
                http2: clientHTTP2, maxMessageBytes: maxMessageBytes,
                maxDecompressedBytes: maxDecompressedBytes, encoding: encoding,
                programName: "test", programVersion: "1"),
            authority: "localhost", scheme: "http")
        server = try ServerConnection(
            RPCSettings(
                http2: serverHTTP2, maxMessageBytes: maxMessageBytes,
                maxDecompressedBytes: maxDecompressedBytes, encoding: encoding,
                programName: "test", programVersion: "1"),
            methods: MethodTable([method, "/test.Service/Other"]))
    }

    func open(
        _ path: String = method, _ metadata: Metadata = Metadata(), deadline: RPCInstant? = nil,
        encoding: MessageEncoding? = nil, kind: MethodKind = .bidirectional
    ) throws -> HTTP2Stream {
        guard
            case .opened(let stream) = try client.open(
                path, metadata, kind: kind, deadline: deadline, encoding: encoding, now: now)
        else { throw HTTP2Failure.library(code: 0) }
        return stream
    }

    /// Hands bytes over in both directions until nobody has any.
    func run() throws {
        while true {
            var bytes = try drainClient()
            for part in pieces(bytes) { try give(server: part) }
            takeServerEvents([])
            var moved = !bytes.isEmpty
            bytes = try drainServer()
            for part in pieces(bytes) { try give(client: part) }
            takeClientEvents([])
            moved = moved || !bytes.isEmpty
            if !moved { return }
        }
    }

    func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
        if bytes.isEmpty { return [] }
        let size = piece == 0 ? bytes.count : piece
        return stride(from: 0, to: bytes.count, by: size).map {
            Array(bytes[$0..<min($0 + size, bytes.count)])
        }
    }

    func drainClient() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while try client.drain(limit: 1 << 16, { bytes.append(contentsOf: $0.array) }) {}
        return bytes
    }

    func drainServer() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while try server.drain(limit: 1 << 16, { bytes.append(contentsOf: $0.array) }) {}
        return bytes
    }

    func give(server bytes: [UInt8]) throws {
        try server.receive(bytes.span, now: now)
        takeServerEvents(bytes)
    }

    func give(client bytes: [UInt8]) throws {
        try client.receive(bytes.span, now: now)
        takeClientEvents(bytes)
    }

    func takeServerEvents(_ bytes: [UInt8]) {
        while let event = server.nextEvent() {
            switch event {
            case .opened(let stream, let head):
                calls.append(stream)
                collected[stream] = []
                seen.append(.opened(server.methods.paths[head.method.rawValue], head.metadata))
            case .message(let stream, let message):
                let content = message.array(in: bytes)
                seenCompressed.append(message.isDecompressed)
                collected[stream]?.append(content)
                seen.append(.message(content))
            case .halfClosed(let stream):
                seen.append(.halfClosed)
                respond?(&server, stream, collected[stream] ?? [])
            case .ended(_, let end): seen.append(.ended(end))
            case .writable: seen.append(.writable)
            }
        }
    }

    func takeClientEvents(_ bytes: [UInt8]) {
        while let event = client.nextEvent() {
            switch event {
            case .headers(_, let metadata): got.append(.headers(metadata))
            case .message(_, let message):
                gotCompressed.append(message.isDecompressed)
                got.append(.message(message.array(in: bytes)))
            case .ended(_, let outcome): got.append(.ended(outcome))
            case .writable: got.append(.writable)
            case .goAway(let code, let reason): got.append(.goAway(code, reason))
            case .ready, .pingAcknowledged: break
            }
        }
    }
}

extension MessageBytes {
    var isDecompressed: Bool { if case .decompressed = self { true } else { false } }

    func array(in bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .input(let range): Array(bytes[range])
        case .assembled(let array), .decompressed(let array): array
        }
    }
}

extension RawSpan {
    var array: [UInt8] { (0..<byteCount).map { unsafeLoad(fromByteOffset: $0, as: UInt8.self) } }
}

// Arrays in place of spans: a span of a temporary array in a call of a method is one line less.
extension ClientConnection {
    mutating func send(_ stream: HTTP2Stream, _ message: [UInt8]) {
        send(stream, message.span)
    }
}

extension ServerConnection {
    mutating func send(_ stream: HTTP2Stream, _ message: [UInt8]) {
        send(stream, message.span)
    }

    mutating func reply(_ stream: HTTP2Stream, _ message: [UInt8]) {
        reply(stream, message.span)
    }
}
