import SagaHTTP2

@testable import SagaRPC

/// A client that sends any headers and bytes to a server's connection, and notes what comes back.
final class RawPeer {
    var session: HTTP2Session
    var server: ServerConnection
    var now = RPCInstant(nanoseconds: 0)
    /// How many bytes are handed to the server at once; 0 for all.
    var piece = 0
    var fields: [[String]] = []
    var body: [UInt8] = []
    var closed: [HTTP2ErrorCode] = []
    var goAway: (code: HTTP2ErrorCode, reason: String)?
    var events: [ServerEvent] = []

    init(
        _ settings: RPCSettings = RPCSettings(programName: "test", programVersion: "9"),
        kind: MethodKind = .bidirectional
    ) throws {
        session = try HTTP2Session(.client, HTTP2Settings())
        server = try ServerConnection(settings, methods: MethodTable([method], kinds: [kind]))
    }

    static func request(
        _ verb: String = "POST", path: String = method,
        contentType: String? = "application/grpc", with more: [(String, String)] = []
    ) -> HeaderList {
        var list = HeaderList([
            ":method": verb, ":scheme": "http", ":path": path, ":authority": "a",
        ])
        if let contentType { list.append("content-type", contentType) }
        for (name, value) in more { list.append(name, value) }
        return list
    }

    func run() throws {
        while true {
            var out: [UInt8] = []
            while try session.drain(limit: 1 << 16, { out.append(contentsOf: $0.array) }) {}
            while let event = session.nextEvent() { take(event, []) }
            if !out.isEmpty { try give(out) }
            var back: [UInt8] = []
            while try server.drain(limit: 1 << 16, { back.append(contentsOf: $0.array) }) {}
            try session.receive(back.span, now: HTTP2Instant(nanoseconds: now.nanoseconds))
            while let event = session.nextEvent() { take(event, back) }
            if out.isEmpty && back.isEmpty { return }
        }
    }

    func give(_ bytes: [UInt8]) throws {
        let size = piece == 0 ? max(1, bytes.count) : piece
        for start in stride(from: 0, to: bytes.count, by: size) {
            let part = Array(bytes[start..<min(start + size, bytes.count)])
            try server.receive(part.span, now: now)
            while let event = server.nextEvent() { events.append(event) }
        }
    }

    private func take(_ event: HTTP2Event, _ bytes: [UInt8]) {
        switch event {
        case .headers(_, let range, _):
            let names = session.headerFields[range]
            fields.append(names.map { session.text($0) })
        case .data(_, let range): body += bytes[range]
        case .closed(_, let code, _): closed.append(code)
        case .goAway(_, let code): goAway = (code, session.goAwayReason)
        case .headersTooLarge, .dataEnded, .writable, .ping, .pingAcknowledged, .settingsReceived,
            .settingsAcknowledged:
            break
        }
    }
}
