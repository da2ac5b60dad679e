/// One piece of a JSON text; ranges count bytes and point into the text.
package enum JSONToken: Equatable, Sendable {
    /// Where a string stands, quotes included.
    package struct Quoted: Equatable, Sendable {
        /// The string with its quotes.
        package let range: Range<Int>
        /// Whether a backslash occurs; without one the bytes between the quotes are the value.
        package let hasEscapes: Bool

        /// The bytes between the quotes.
        package var content: Range<Int> { range.lowerBound + 1..<range.upperBound - 1 }
    }

    /// `{` at this offset.
    case beginObject(at: Int)
    /// `}` at this offset.
    case endObject(at: Int)
    /// `[` at this offset.
    case beginArray(at: Int)
    /// `]` at this offset.
    case endArray(at: Int)
    /// The name of a member; its colon is read too.
    case name(Quoted)
    /// A string that is a value.
    case string(Quoted)
    /// A number as written.
    case number(Range<Int>)
    /// `true`, `false` or `null`.
    case literal(Range<Int>)
}
