import SagaHTTP2

@testable import SagaRPC

/// A server that answers a client's connection with any headers and bytes.
final class RawServer {
    var session: HTTP2Session
    var client: ClientConnection
    var now = RPCInstant(nanoseconds: 1_000_000_000)
    /// How many bytes are handed to the client at once; 0 for all.
    var piece = 0
    var events: [ClientEvent] = []
    var messages: [[UInt8]] = []
    /// The requests' heads.
    var fields: [[String]] = []
    /// The streams of the requests, and how each was closed by the client.
    var requests: [HTTP2Stream] = []
    var closed: [HTTP2ErrorCode] = []

    init(_ settings: RPCSettings = RPCSettings(programName: "test", programVersion: "9")) throws {
        session = try HTTP2Session(.server, HTTP2Settings())
        client = try ClientConnection(settings, authority: "a", scheme: "http")
    }

    /// Opens a call; the server has its head then.
    func open(deadline: RPCInstant? = nil, halfClosed: Bool = true) throws -> HTTP2Stream {
        guard
            case .opened(let stream) = try client.open(method, deadline: deadline, now: now)
        else { throw HTTP2Failure.library(code: 0) }
        if halfClosed { client.halfClose(stream) }
        try run()
        return stream
    }

    /// How the calls ended.
    var outcomes: [CallOutcome] {
        events.compactMap { if case .ended(_, let outcome) = $0 { outcome } else { nil } }
    }

    static let head = HeaderList([":status": "200", "content-type": "application/grpc"])

    static func list(_ pairs: [(String, String)]) -> HeaderList {
        var list = HeaderList()
        for (name, value) in pairs { list.append(name, value) }
        return list
    }

    func run() throws {
        while true {
            var out: [UInt8] = []
            while try client.drain(limit: 1 << 16, { out.append(contentsOf: $0.array) }) {}
            takeEvents([])
            try session.receive(out.span, now: HTTP2Instant(nanoseconds: now.nanoseconds))
            while let event = session.nextEvent() { take(event) }
            var back: [UInt8] = []
            while try session.drain(limit: 1 << 16, { back.append(contentsOf: $0.array) }) {}
            while let event = session.nextEvent() { take(event) }
            try give(back)
            if out.isEmpty && back.isEmpty { return }
        }
    }

    func give(_ bytes: [UInt8]) throws {
        let size = piece == 0 ? max(1, bytes.count) : piece
        for start in stride(from: 0, to: bytes.count, by: size) {
            let part = Array(bytes[start..<min(start + size, bytes.count)])
            try client.receive(part.span, now: now)
            takeEvents(part)
        }
    }

    private func takeEvents(_ bytes: [UInt8]) {
        while let event = client.nextEvent() {
            if case .message(_, let message) = event { messages.append(message.array(in: bytes)) }
            events.append(event)
        }
    }

    private func take(_ event: HTTP2Event) {
        switch event {
        case .headers(let stream, let range, _):
            requests.append(stream)
            fields.append(session.headerFields[range].map { session.text($0) })
        case .closed(_, let code, _): closed.append(code)
        case .headersTooLarge, .data, .dataEnded, .writable, .goAway, .ping, .pingAcknowledged,
            .settingsReceived, .settingsAcknowledged:
            break
        }
    }
}

extension HTTP2Session {
    /// A field that came with the last `receive`, `name: value`.
    func text(_ field: HeaderField) -> String {
        let name =
            field.name == .other
            ? String(decoding: headerBytes[field.nameRange], as: UTF8.self)
            : field.name.text.description
        return "\(name): \(String(decoding: headerBytes[field.valueRange], as: UTF8.self))"
    }
}
