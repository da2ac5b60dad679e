internal import SagaModel

/// A text with its lines and columns, counted as the YAML parser counts them.
struct SourceText {
    private var scalars: [Unicode.Scalar]

    /// A byte order mark at the beginning is no part of the text.
    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    }

    var text: String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// Where characters stand that not every reader would give back as they are: ends of line in
    /// YAML 1.1, but not in JSON nor in YAML 1.2; and byte order marks, written or as an escape,
    /// which the parser loses at the beginning of a text.
    func doubtfulCharacters() -> [LocatedFault] {
        // A file full of them is told by the first hundred: each is looked up from the beginning.
        Array(scalars.indices.lazy.compactMap { doubt(at: $0) }.prefix(100))
    }

    private func doubt(at offset: Int) -> LocatedFault? {
        switch scalars[offset] {
        case "\u{85}", "\u{2028}", "\u{2029}":
            let code = String(scalars[offset].value, radix: 16)
            let escape = "\\u" + String(repeating: "0", count: 4 - code.count) + code
            return LocatedFault(
                location: location(of: offset),
                message: "a line break that only YAML 1.1 knows; "
                    + "write it as \(escape) in double quotes")
        case _ where isByteOrderMark(offset):
            return LocatedFault(
                location: location(of: offset),
                message: "a byte order mark (U+FEFF) stands only at the beginning of a file")
        default:  // open set: all other characters
            return nil
        }
    }

    private func isByteOrderMark(_ offset: Int) -> Bool {
        guard scalars[offset] == "\\" else { return scalars[offset] == "\u{FEFF}" }
        return ["\\ufeff", "\\u0000feff"].contains { escape in
            let end = min(offset + escape.unicodeScalars.count, scalars.count)
            var written = String.UnicodeScalarView()
            written.append(contentsOf: scalars[offset..<end])
            return String(written).lowercased() == escape
        }
    }

    /// What keeps the text from being strict JSON; repeated members are left to the reader, which
    /// finds all of them.
    func jsonFault() -> LocatedFault? {
        do {
            try JSONScanner.validate(Array(text.utf8).span)
            return nil
        } catch {
            let what: String
            switch error.reason {
            case .duplicateMember: return nil
            case .unexpectedEnd: what = "the text ends too early"
            case .unexpectedByte: what = "this cannot stand here"
            case .invalidUTF8: what = "the text is not UTF-8"
            case .loneSurrogate: what = "this escape is half of a character"
            case .nestedTooDeep: what = "more than \(JSONScanner.maximumDepth) levels"
            }
            return LocatedFault(
                location: location(ofByte: error.offset), message: "this is not JSON: \(what)")
        }
    }

    func isTab(at place: SourceLocation) -> Bool {
        offset(of: place).map { scalars[$0] == "\t" } ?? false
    }

    /// Makes the key at a place another one of the same length, which nobody writes: from the
    /// private use area. False if it has no character that can be changed.
    mutating func disguiseKey(at place: SourceLocation, number: Int) -> Bool {
        guard var offset = offset(of: place),
            let disguise = Unicode.Scalar(0xE000 + UInt32(number))
        else { return false }
        let quote = scalars[offset]
        if quote == "\"" || quote == "'" {
            offset += 1
            guard offset < scalars.count, scalars[offset] != quote else { return false }
        }
        scalars[offset] = disguise
        return true
    }

    /// Where the character (grapheme cluster) with this number from 0 stands.
    func location(ofCharacter number: Int) -> SourceLocation {
        location(of: text.prefix(number).unicodeScalars.count)
    }

    private func location(ofByte number: Int) -> SourceLocation {
        var bytes = 0
        let offset = scalars.firstIndex { scalar in
            bytes += UTF8.width(scalar)
            return bytes > number
        }
        return location(of: offset ?? scalars.count)
    }

    private func location(of offset: Int) -> SourceLocation {
        var (line, column) = (1, 1)
        for place in 0..<offset {
            if endsLine(place) {
                (line, column) = (line + 1, 1)
            } else {
                column += 1
            }
        }
        return SourceLocation(line: line, column: column)
    }

    private func offset(of place: SourceLocation) -> Int? {
        var (line, column) = (1, 1)
        for offset in scalars.indices {
            if line == place.line, column == place.column { return offset }
            if endsLine(offset) {
                (line, column) = (line + 1, 1)
            } else {
                column += 1
            }
        }
        return nil
    }

    /// A line ends behind `\n`, and behind `\r` that no `\n` follows.
    private func endsLine(_ offset: Int) -> Bool {
        if scalars[offset] == "\n" { return true }
        guard scalars[offset] == "\r" else { return false }
        return offset + 1 == scalars.count || scalars[offset + 1] != "\n"
    }
}
