import SagaHTTP2

/// Frames written by hand, as a peer that keeps to no rule writes them.
enum Wire {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let endStream: UInt8 = 0x1
    static let acknowledgement: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    static let padded: UInt8 = 0x8
    static let priorityFlag: UInt8 = 0x20

    static func number(_ value: UInt32, bytes count: Int = 4) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }

    static func frame(
        _ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = []
    ) -> [UInt8] {
        number(UInt32(payload.count), bytes: 3) + [type, flags] + number(stream) + payload
    }

    static func data(
        _ stream: UInt32, _ text: String, _ flags: UInt8 = 0
    ) -> [UInt8] { frame(0, flags, stream, Array(text.utf8)) }

    static func data(_ stream: UInt32, count: Int, _ flags: UInt8 = 0) -> [UInt8] {
        frame(0, flags, stream, [UInt8](repeating: 0x61, count: count))
    }

    static func headers(
        _ stream: UInt32, _ block: [UInt8], _ flags: UInt8 = endHeaders
    ) -> [UInt8] { frame(1, flags, stream, block) }

    static func continuation(
        _ stream: UInt32, _ block: [UInt8], _ flags: UInt8 = 0
    ) -> [UInt8] { frame(9, flags, stream, block) }

    static func priority(_ stream: UInt32, on other: UInt32 = 0) -> [UInt8] {
        frame(2, 0, stream, number(other) + [15])
    }

    static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> [UInt8] {
        frame(3, 0, stream, number(code))
    }

    static func settings(_ entries: [(UInt32, UInt32)] = []) -> [UInt8] {
        frame(4, 0, 0, entries.flatMap { number($0.0, bytes: 2) + number($0.1) })
    }

    static let settingsAck = frame(4, acknowledgement)

    static func ping(_ value: UInt8 = 7, _ flags: UInt8 = 0) -> [UInt8] {
        frame(6, flags, 0, [0, 0, 0, 0, 0, 0, 0, value])
    }

    static func goAway(_ last: UInt32, _ code: UInt32 = 0, _ text: String = "") -> [UInt8] {
        frame(7, 0, 0, number(last) + number(code) + Array(text.utf8))
    }

    static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
        frame(8, 0, stream, number(increment))
    }

    /// What a client begins with, the answer to the server's SETTINGS included.
    static let hello = preface + settings() + settingsAck
    /// What a server begins with.
    static let serverHello = settings() + settingsAck

    // MARK: HPACK

    /// Fields as literals without indexing and without Huffman code (RFC 7541, 6.2.2).
    static func block(_ fields: KeyValuePairs<String, String>) -> [UInt8] {
        fields.flatMap { [0] + string($0.key) + string($0.value) }
    }

    private static func string(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return integer(bytes.count, prefixBits: 7) + bytes
    }

    static func integer(_ value: Int, prefixBits: Int, _ high: UInt8 = 0) -> [UInt8] {
        let most = (1 << prefixBits) - 1
        if value < most { return [high | UInt8(value)] }
        var rest = value - most
        var bytes = [high | UInt8(most)]
        while rest >= 128 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static let request: [UInt8] = block([
        ":method": "POST", ":scheme": "http", ":path": "/p", ":authority": "a",
    ])

    static func request(with fields: KeyValuePairs<String, String>) -> [UInt8] {
        request + block(fields)
    }

    static func response(_ status: String = "200") -> [UInt8] { block([":status": status]) }

    /// Requests on streams 1, 3, and so on, whole in a HEADERS frame.
    static func requests(_ count: Int, from first: Int = 0, ends: Bool = true) -> [UInt8] {
        (first..<(first + count)).flatMap {
            headers(UInt32(2 * $0 + 1), request, ends ? endHeaders | endStream : endHeaders)
        }
    }

    // MARK: Reading

    /// Says what frames there are; the bytes have to be whole frames.
    static func read(_ bytes: [UInt8]) -> [String] {
        var rest = bytes[...]
        if rest.starts(with: preface) { rest = rest.dropFirst(preface.count) }
        var frames: [String] = []
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let payload = Array(rest.dropFirst(9).prefix(length))
            let stream = word(head, at: 5)
            frames.append(describe(head[3], head[4], stream, payload))
            rest = rest.dropFirst(9 + length)
        }
        if !rest.isEmpty { frames.append("\(rest.count) bytes of no frame") }
        return frames
    }

    static func word(_ bytes: [UInt8], at place: Int) -> UInt32 {
        bytes[place..<(place + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func describe(
        _ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]
    ) -> String {
        let end = flags & endStream != 0 ? " end" : ""
        switch type {
        case 0: return "DATA \(stream) \(payload.count)\(end)"
        case 1: return "HEADERS \(stream)\(end)"
        case 3: return "RST_STREAM \(stream) \(word(payload, at: 0))"
        case 4: return flags & acknowledgement != 0 ? "SETTINGS ack" : "SETTINGS"
        case 6: return "PING\(flags & acknowledgement != 0 ? " ack" : "") \(payload[7])"
        case 7:
            let text = String(decoding: payload.dropFirst(8), as: UTF8.self)
            return "GOAWAY \(word(payload, at: 0)) \(word(payload, at: 4)) \(text)"
        case 8: return "WINDOW_UPDATE \(stream) \(word(payload, at: 0))"
        default: return "type \(type)"
        }
    }
}
