/// HTTP/2 frames as bytes, right or wrong.
enum RawFrames {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// Without the acknowledgement the server's larger windows would not be in force.
    static let greeting = greeting()

    static func greeting(_ entries: [(UInt16, UInt32)] = []) -> [UInt8] {
        preface + settings(entries) + frame(.settings, flags: 1)
    }

    enum Kind: UInt8 {
        case data = 0
        case headers = 1
        case reset = 3
        case settings = 4
        case ping = 6
        case goAway = 7
        case windowUpdate = 8
        case continuation = 9
    }

    static let endStream: UInt8 = 1
    static let endHeaders: UInt8 = 4

    static func number(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    /// A frame; `length` announces something else than there is.
    static func frame(
        _ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = [],
        length: Int? = nil
    ) -> [UInt8] {
        number(UInt32(length ?? payload.count)).dropFirst() + [kind.rawValue, flags]
            + number(stream) + payload
    }

    static func settings(_ entries: [(UInt16, UInt32)] = []) -> [UInt8] {
        frame(
            .settings,
            entries.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 0xff)] + number($0.1) })
    }

    static let ping = frame(.ping, [UInt8](repeating: 7, count: 8))

    /// A literal field without indexing, its name and value as they are.
    static func field(_ name: String, _ value: String) -> [UInt8] {
        [0] + text(name) + text(value)
    }

    /// A string without Huffman coding.
    static func text(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        guard count >= 127 else { return [UInt8(count)] + Array(text.utf8) }
        var rest = count - 127
        var prefix: [UInt8] = [127]
        while rest >= 128 {
            prefix.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return prefix + [UInt8(rest)] + Array(text.utf8)
    }

    /// The block of a call's head: POST and http from the static table.
    static func head(_ path: String = "/test/Echo", _ more: [UInt8] = []) -> [UInt8] {
        [0x83, 0x86] + field(":path", path) + field(":authority", "a")
            + field("content-type", "application/grpc") + field("te", "trailers") + more
    }

    static func call(
        _ stream: UInt32, _ path: String = "/test/Echo", flags: UInt8 = endHeaders,
        _ more: [UInt8] = []
    ) -> [UInt8] {
        frame(.headers, flags: flags, stream: stream, head(path, more))
    }

    /// A message in DATA frames of at most 16 KiB.
    static func message(_ stream: UInt32, count: Int, flag: UInt8 = 0, ends: Bool = true) -> [UInt8]
    {
        data(
            stream,
            [flag] + number(UInt32(count)) + [UInt8](repeating: 0, count: count), ends: ends)
    }

    static func data(_ stream: UInt32, _ bytes: [UInt8], ends: Bool = true) -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes[...]
        while true {
            let part = rest.prefix(16_384)
            rest = rest.dropFirst(16_384)
            result += frame(
                .data, flags: ends && rest.isEmpty ? endStream : 0, stream: stream, Array(part))
            if rest.isEmpty { return result }
        }
    }

    static func reset(_ stream: UInt32) -> [UInt8] {
        frame(.reset, stream: stream, number(8))
    }

    static func windowUpdate(_ stream: UInt32, by bytes: UInt32) -> [UInt8] {
        frame(.windowUpdate, stream: stream, number(bytes))
    }
}
