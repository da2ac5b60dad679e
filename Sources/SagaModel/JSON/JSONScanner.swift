/// Reads a JSON text piece by piece (RFC 8259), without making values of it.
///
/// Strict, because what is compared and digested must mean one thing only: UTF-8 is checked, half
/// surrogate pairs, a byte order mark and text after the value are faults. Duplicate members are
/// found by `validate`, `JSONCanonical` and `JSONPointer`, not by single steps.
///
/// The scanner keeps no pointer into the text: the same text goes into every call. It allocates
/// nothing and does not recurse, so hostile nesting costs a fault, not a stack.
package struct JSONScanner: Sendable {
    /// How many objects and arrays may stand around a value; deeper text counts as bytes.
    package static let maximumDepth = 128

    /// What may come next.
    private enum Expectation {
        case value
        case valueOrEndOfArray
        case name
        case nameOrEndOfObject
        case commaOrEnd
    }

    private var position = 0
    private var expectation = Expectation.value
    /// One bit for each open object (1) or array (0), the innermost the lowest.
    private var kinds: UInt128 = 0

    /// How many objects and arrays are open.
    package private(set) var depth = 0

    /// A scanner at the beginning of a text.
    package init() {}

    /// Throws unless the whole text is one JSON value without duplicate members.
    package static func validate(_ text: Span<UInt8>) throws(JSONFault) {
        var scanner = JSONScanner()
        var members = JSONMembers()
        while let token = try scanner.next(in: text) {
            switch token {
            case .beginObject: members.open()
            case .name(let name): members.add(name, of: text)
            case .endObject: try members.close()
            case .beginArray, .endArray, .string, .number, .literal: break
            }
        }
    }

    /// The next piece of the text, nil behind its last.
    package mutating func next(in text: Span<UInt8>) throws(JSONFault) -> JSONToken? {
        var byte = skipSpace(in: text)
        if case .commaOrEnd = expectation {
            guard depth > 0 else {
                guard byte == nil else { throw JSONFault(.unexpectedByte, at: position) }
                return nil
            }
            if byte == UInt8(ascii: ",") {
                position += 1
                expectation = isInObject ? .name : .value
                byte = skipSpace(in: text)
            }
        }
        guard let byte else { throw JSONFault(.unexpectedEnd, at: position) }
        switch expectation {
        case .commaOrEnd:
            return try close(byte)
        case .nameOrEndOfObject where byte == UInt8(ascii: "}"):
            return try close(byte)
        case .valueOrEndOfArray where byte == UInt8(ascii: "]"):
            return try close(byte)
        case .name, .nameOrEndOfObject:
            return try name(byte, in: text)
        case .value, .valueOrEndOfArray:
            return try value(byte, in: text)
        }
    }

    private var isInObject: Bool { kinds & 1 == 1 }

    /// Moves behind white space and gives the byte there, nil at the end.
    private mutating func skipSpace(in text: Span<UInt8>) -> UInt8? {
        while position < text.count {
            let byte = text[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    private mutating func open(object: Bool) throws(JSONFault) {
        guard depth < Self.maximumDepth else { throw JSONFault(.nestedTooDeep, at: position) }
        depth += 1
        kinds = kinds << 1 | (object ? 1 : 0)
        expectation = object ? .nameOrEndOfObject : .valueOrEndOfArray
        position += 1
    }

    private mutating func close(_ byte: UInt8) throws(JSONFault) -> JSONToken {
        let closing = isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        guard byte == closing else { throw JSONFault(.unexpectedByte, at: position) }
        let token: JSONToken = isInObject ? .endObject(at: position) : .endArray(at: position)
        position += 1
        depth -= 1
        kinds >>= 1
        expectation = .commaOrEnd
        return token
    }

    private mutating func name(
        _ byte: UInt8, in text: Span<UInt8>
    ) throws(JSONFault) -> JSONToken {
        guard byte == UInt8(ascii: "\"") else { throw JSONFault(.unexpectedByte, at: position) }
        let name = try JSONString.scan(text, at: position)
        position = name.range.upperBound
        guard let colon = skipSpace(in: text) else { throw JSONFault(.unexpectedEnd, at: position) }
        guard colon == UInt8(ascii: ":") else { throw JSONFault(.unexpectedByte, at: position) }
        position += 1
        expectation = .value
        return .name(name)
    }

    private mutating func value(
        _ byte: UInt8, in text: Span<UInt8>
    ) throws(JSONFault) -> JSONToken {
        let start = position
        switch byte {
        case UInt8(ascii: "{"):
            try open(object: true)
            return .beginObject(at: start)
        case UInt8(ascii: "["):
            try open(object: false)
            return .beginArray(at: start)
        case UInt8(ascii: "\""):
            let string = try JSONString.scan(text, at: start)
            position = string.range.upperBound
            expectation = .commaOrEnd
            return .string(string)
        case UInt8(ascii: "t"):
            return try literal("true", in: text)
        case UInt8(ascii: "f"):
            return try literal("false", in: text)
        case UInt8(ascii: "n"):
            return try literal("null", in: text)
        default:  // open set: any other byte begins a number or is a fault
            try number(in: text)
            expectation = .commaOrEnd
            return .number(start..<position)
        }
    }

    private mutating func literal(
        _ word: StaticString, in text: Span<UInt8>
    ) throws(JSONFault) -> JSONToken {
        let start = position
        for byte in word.description.utf8 {
            guard position < text.count else { throw JSONFault(.unexpectedEnd, at: position) }
            guard text[position] == byte else { throw JSONFault(.unexpectedByte, at: position) }
            position += 1
        }
        expectation = .commaOrEnd
        return .literal(start..<position)
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func number(in text: Span<UInt8>) throws(JSONFault) {
        _ = skip(UInt8(ascii: "-"), in: text)
        if !skip(UInt8(ascii: "0"), in: text) { try digits(in: text) }
        if skip(UInt8(ascii: "."), in: text) { try digits(in: text) }
        if skip(UInt8(ascii: "e"), in: text) || skip(UInt8(ascii: "E"), in: text) {
            if !skip(UInt8(ascii: "+"), in: text) { _ = skip(UInt8(ascii: "-"), in: text) }
            try digits(in: text)
        }
    }

    private mutating func digits(in text: Span<UInt8>) throws(JSONFault) {
        guard position < text.count else { throw JSONFault(.unexpectedEnd, at: position) }
        guard JSONString.isDigit(text[position]) else {
            throw JSONFault(.unexpectedByte, at: position)
        }
        while position < text.count, JSONString.isDigit(text[position]) { position += 1 }
    }

    private mutating func skip(_ byte: UInt8, in text: Span<UInt8>) -> Bool {
        guard position < text.count, text[position] == byte else { return false }
        position += 1
        return true
    }
}
