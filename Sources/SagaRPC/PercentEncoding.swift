internal import SagaHTTP2

/// The form of `grpc-message`: UTF-8 with everything but printable ASCII, and `%`, written `%XX`.
package enum PercentEncoding {
    /// Encodes a text.
    package static func encode(_ text: String) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if byte >= 0x20, byte <= 0x7e, byte != UInt8(ascii: "%") {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "%"))
                result.append(digits[Int(byte >> 4)])
                result.append(digits[Int(byte & 15)])
            }
        }
        return result
    }

    /// Decodes a text. As gRPC demands, nothing is an error: a `%` without two digits stays as it
    /// is, and bytes that are not UTF-8 become U+FFFD.
    package static func decode(_ bytes: Span<UInt8>) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count,
                let high = digit(bytes[place + 1]), let low = digit(bytes[place + 2])
            {
                result.append(high << 4 | low)
                place += 3
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil  // bytes that are no digit
        }
    }
}

extension Span<UInt8> {
    /// The number in decimal digits, of which nine are enough for all that peers send; nil for
    /// anything else.
    var decimal: Int? {
        guard (1...9).contains(count) else { return nil }
        var number = 0
        for place in 0..<count {
            let digit = self[place] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }

    /// What a peer sent, as a status's text shows it: no longer than its reader wants, since a
    /// status goes out in headers, which the peer limits.
    var shown: String {
        let most = 128
        let text = String(
            decoding: [UInt8](copying: extracting(0..<Swift.min(count, most))), as: UTF8.self)
        return count <= most ? text : text + "..."
    }
}
