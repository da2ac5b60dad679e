/// Text that somebody else wrote, as a message shows it: on one line, without control characters,
/// at a bounded length.
package enum ShownText {
    /// How many characters are shown.
    private static let longest = 80

    /// As it is if it looks like a name, else in quotes.
    package static func word(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false  // open set: any other byte
            }
        }
        guard isWord, !text.isEmpty, text.utf8.count <= longest else { return quoted(text) }
        return text
    }

    /// In quotes, with escapes for what would not show or would break the line.
    package static func quoted(_ text: String) -> String {
        var shown = "\""
        for scalar in text.unicodeScalars.prefix(longest) {
            shown += scalar == "'" ? "'" : scalar.escaped(asASCII: false)
        }
        return shown + (text.unicodeScalars.count > longest ? "..\"" : "\"")
    }
}
