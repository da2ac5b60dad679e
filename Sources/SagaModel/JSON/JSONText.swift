/// JSON text that the coordinator itself writes: names of members, nothing else.
package enum JSONText {
    /// A string as JSON text, with minimal escapes and its quotes.
    package static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for scalar in text.unicodeScalars {
            JSONString.appendMinimallyEscaped(scalar, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }
}
