/// A place in a JSON value (RFC 6901), and the value there, cut out of the text as it stands.
package struct JSONPointer: Hashable, Sendable {
    /// Why a text is not a JSON Pointer.
    package enum Fault: Error, Equatable, Sendable {
        /// It is neither empty nor begins with `/`.
        case missingSlash
        /// A `~` is not followed by `0` (for `~`) or `1` (for `/`).
        case invalidEscape
    }

    /// The names or indices on the way from the whole value to the place, as UTF-8; none for the
    /// whole.
    package let components: [[UInt8]]

    /// Reads the string form, such as `/order/items/0`; empty means the whole value.
    package init(parsing text: String) throws(Fault) {
        let bytes = Array(text.utf8)
        guard bytes.first ?? UInt8(ascii: "/") == UInt8(ascii: "/") else { throw .missingSlash }
        var components: [[UInt8]] = []
        var position = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "/"):
                components.append([])
            case UInt8(ascii: "~"):
                position += 1
                guard position < bytes.count else { throw .invalidEscape }
                switch bytes[position] {
                case UInt8(ascii: "0"): components[components.count - 1].append(UInt8(ascii: "~"))
                case UInt8(ascii: "1"): components[components.count - 1].append(UInt8(ascii: "/"))
                default: throw .invalidEscape  // open set: any other byte
                }
            default:  // open set: any other byte is part of the name
                components[components.count - 1].append(bytes[position])
            }
            position += 1
        }
        self.components = components
    }

    /// Where in `text` the value stands, nil if there is none at this place; throws where the text
    /// is not JSON, wherever that is.
    package func find(in text: Span<UInt8>) throws(JSONFault) -> Range<Int>? {
        var search = Search(components: components)
        var scanner = JSONScanner()
        var members = JSONMembers()
        while true {
            let depth = scanner.depth
            guard let token = try scanner.next(in: text) else { return search.found }
            switch token {
            case .beginObject(let offset):
                search.begin(at: offset, depth: depth, isArray: false)
                members.open()
            case .beginArray(let offset):
                search.begin(at: offset, depth: depth, isArray: true)
            case .endObject(let offset):
                try members.close()
                search.end(at: offset, depth: scanner.depth)
            case .endArray(let offset):
                search.end(at: offset, depth: scanner.depth)
            case .name(let name):
                members.add(name, of: text)
                search.name(depth: depth) { members.lastNameEquals($0) }
            case .string(let string):
                search.scalar(string.range, depth: depth)
            case .number(let range), .literal(let range):
                search.scalar(range, depth: depth)
            }
        }
    }
}

extension JSONPointer {
    /// The way down to the place while the text is read.
    ///
    /// Members are unique, so each component matches once: what follows inside a match decides, and
    /// when the match ends the search is over.
    private struct Search {
        let components: [[UInt8]]
        /// How many components are matched; the container whose members or elements are compared
        /// with the next one is at this depth.
        private var matched = 0
        private var isOver = false
        /// The element to take when that container is an array, nil if none or an object.
        private var wantedIndex: Int?
        private var index = 0
        /// Whether the member whose name was read last is the wanted one.
        private var isNamed = false
        private var start: Int?
        private(set) var found: Range<Int>?

        init(components: [[UInt8]]) {
            self.components = components
        }

        mutating func name(depth: Int, equals: ([UInt8]) -> Bool) {
            isNamed =
                !isOver && depth == matched + 1 && matched < components.count
                && equals(components[matched])
        }

        mutating func begin(at offset: Int, depth: Int, isArray: Bool) {
            guard isMatch(depth: depth) else { return }
            guard matched < components.count else {
                start = offset
                return
            }
            wantedIndex = isArray ? Self.arrayIndex(components[matched]) : nil
            index = 0
        }

        /// A container ended, around which `depth` others are open.
        mutating func end(at offset: Int, depth: Int) {
            guard !isOver, depth == matched else { return }
            if let start { found = start..<offset + 1 }
            isOver = true
        }

        mutating func scalar(_ range: Range<Int>, depth: Int) {
            guard isMatch(depth: depth) else { return }
            if matched == components.count { found = range }
            isOver = true
        }

        /// Whether the value that begins now, inside `depth` containers, is on the way.
        private mutating func isMatch(depth: Int) -> Bool {
            guard !isOver, start == nil else { return false }
            if depth == 0 { return true }
            guard depth == matched + 1 else { return false }
            if isNamed {
                isNamed = false
            } else {
                guard let wantedIndex else { return false }
                defer { index += 1 }
                guard index == wantedIndex else { return false }
            }
            wantedIndex = nil
            matched += 1
            return true
        }

        /// `0` or digits without a leading zero; `-`, the place behind the last, is never there.
        private static func arrayIndex(_ component: [UInt8]) -> Int? {
            guard component.allSatisfy(JSONString.isDigit),
                component.first != UInt8(ascii: "0")
                    || component.count == 1
            else { return nil }
            return Int(String(decoding: component, as: UTF8.self))
        }
    }
}
