/// Strings of a JSON text: where one ends, and what it says.
enum JSONString {
    /// What becomes of a character that JSON wants escaped.
    enum Form {
        /// The character itself: the value of the string.
        case decoded
        /// The shortest escape (RFC 8785, 3.2.2.2): `\"`, `\\`, `\b`, `\f`, `\n`, `\r`, `\t`, else
        /// `\u00xx` in lower case. Only what must be escaped is.
        case minimallyEscaped
    }

    /// Where the string that begins at `start` (at its quote) ends; checks UTF-8 and escapes.
    static func scan(
        _ text: Span<UInt8>, at start: Int
    ) throws(JSONFault) -> JSONToken.Quoted {
        var position = start + 1
        var hasEscapes = false
        while position < text.count {
            let byte = text[position]
            if byte == UInt8(ascii: "\"") {
                return JSONToken.Quoted(range: start..<position + 1, hasEscapes: hasEscapes)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                position = try escape(in: text, at: position).end
            } else if byte >= 0x80 {
                position = try multibyte(in: text, at: position)
            } else if byte >= 0x20 {
                position += 1
            } else {
                throw JSONFault(.unexpectedByte, at: position)
            }
        }
        throw JSONFault(.unexpectedEnd, at: position)
    }

    /// Appends what a scanned string says, without its quotes.
    static func append(
        _ string: JSONToken.Quoted, of text: Span<UInt8>, as form: Form,
        to output: inout [UInt8]
    ) {
        let content = string.content
        guard string.hasEscapes else {
            append(content, of: text, to: &output)
            return
        }
        var position = content.lowerBound
        while position < content.upperBound {
            guard text[position] == UInt8(ascii: "\\") else {
                output.append(text[position])
                position += 1
                continue
            }
            guard let (scalar, end) = try? escape(in: text, at: position) else {
                preconditionFailure("a scanned string has a wrong escape at \(position)")
            }
            switch form {
            case .decoded: output.append(contentsOf: scalar.utf8)
            case .minimallyEscaped: appendMinimallyEscaped(scalar, to: &output)
            }
            position = end
        }
    }

    /// Appends bytes of the text as they stand.
    static func append(_ range: Range<Int>, of text: Span<UInt8>, to output: inout [UInt8]) {
        output.append(addingCapacity: range.count) { bytes in
            for index in range { bytes.append(text[index]) }
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static let hexadecimalDigits = Array("0123456789abcdef".utf8)

    static func appendMinimallyEscaped(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        let short: UInt8
        switch scalar {
        case "\"": short = UInt8(ascii: "\"")
        case "\\": short = UInt8(ascii: "\\")
        case "\u{8}": short = UInt8(ascii: "b")
        case "\u{C}": short = UInt8(ascii: "f")
        case "\n": short = UInt8(ascii: "n")
        case "\r": short = UInt8(ascii: "r")
        case "\t": short = UInt8(ascii: "t")
        case "\0"..<" ":
            output.append(contentsOf: "\\u00".utf8)
            output.append(hexadecimalDigits[Int(scalar.value >> 4)])
            output.append(hexadecimalDigits[Int(scalar.value & 15)])
            return
        default:  // open set: every character that needs no escape
            output.append(contentsOf: scalar.utf8)
            return
        }
        output.append(UInt8(ascii: "\\"))
        output.append(short)
    }

    /// What the escape at `start` (at its backslash) means, and where it ends.
    private static func escape(
        in text: Span<UInt8>, at start: Int
    ) throws(JSONFault) -> (scalar: Unicode.Scalar, end: Int) {
        guard start + 1 < text.count else { throw JSONFault(.unexpectedEnd, at: text.count) }
        switch text[start + 1] {
        case UInt8(ascii: "\""): return ("\"", start + 2)
        case UInt8(ascii: "\\"): return ("\\", start + 2)
        case UInt8(ascii: "/"): return ("/", start + 2)
        case UInt8(ascii: "b"): return ("\u{8}", start + 2)
        case UInt8(ascii: "f"): return ("\u{C}", start + 2)
        case UInt8(ascii: "n"): return ("\n", start + 2)
        case UInt8(ascii: "r"): return ("\r", start + 2)
        case UInt8(ascii: "t"): return ("\t", start + 2)
        case UInt8(ascii: "u"): break
        default: throw JSONFault(.unexpectedByte, at: start + 1)  // open set: any other byte
        }
        let first = try codeUnit(in: text, at: start + 2)
        if let scalar = Unicode.Scalar(first) { return (scalar, start + 6) }
        // Not a scalar: half of a surrogate pair, whose other half must follow.
        guard UTF16.isLeadSurrogate(first), start + 7 < text.count,
            text[start + 6] == UInt8(ascii: "\\"), text[start + 7] == UInt8(ascii: "u")
        else { throw JSONFault(.loneSurrogate, at: start) }
        let second = try codeUnit(in: text, at: start + 8)
        guard UTF16.isTrailSurrogate(second) else { throw JSONFault(.loneSurrogate, at: start) }
        return (UTF16.decode(UTF16.EncodedScalar([first, second])), start + 12)
    }

    /// The number that four hexadecimal digits write.
    private static func codeUnit(
        in text: Span<UInt8>, at start: Int
    ) throws(JSONFault) -> UInt16 {
        var unit: UInt16 = 0
        for position in start..<start + 4 {
            guard position < text.count else { throw JSONFault(.unexpectedEnd, at: text.count) }
            let byte = text[position]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw JSONFault(.unexpectedByte, at: position)  // open set: any other byte
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Where the character of two to four bytes that begins at `start` ends (RFC 3629, table of 4).
    private static func multibyte(
        in text: Span<UInt8>, at start: Int
    ) throws(JSONFault) -> Int {
        let fault = JSONFault(.invalidUTF8, at: start)
        let second: ClosedRange<UInt8>
        let length: Int
        switch text[start] {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xE1...0xEC, 0xEE...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw fault  // open set: bytes that begin no character
        }
        guard start + length <= text.count, second.contains(text[start + 1]) else { throw fault }
        for position in start + 2..<start + length {
            guard text[position] & 0xC0 == 0x80 else { throw fault }
        }
        return start + length
    }
}
