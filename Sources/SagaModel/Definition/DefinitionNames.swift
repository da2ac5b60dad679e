/// What names look like; the same rules for definitions, steps and handlers wherever they come
/// from.
package enum DefinitionNames {
    /// The longest name in bytes.
    package static let longestName = 63
    /// How many parts a handler's name has.
    package static let handlerParts = 2...4
    /// The name that no step may have: references mean the saga's input by it.
    package static let reserved = "input"

    /// Whether a definition or a step may be called so: `[a-z][a-z0-9-]{0,62}`.
    package static func isName(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, isLetter(first), bytes.count <= longestName else {
            return false
        }
        return bytes.allSatisfy { byte in
            isLetter(byte) || byte == UInt8(ascii: "-")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
    }

    /// Whether a handler may be called so: two to four names joined by dots.
    package static func isHandler(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return handlerParts.contains(parts.count) && parts.allSatisfy { isName($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
