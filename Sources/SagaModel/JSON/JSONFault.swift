/// Why a text is not JSON as the coordinator takes it, and where.
package struct JSONFault: Error, Equatable, Sendable {
    /// What is wrong.
    package enum Reason: Equatable, Sendable {
        /// The text ends inside a value, or is empty.
        case unexpectedEnd
        /// The byte at this place cannot stand there; text after the value included.
        case unexpectedByte
        /// The bytes are not UTF-8 (RFC 3629: no overlong form, no surrogate, at most U+10FFFF).
        case invalidUTF8
        /// A `\u` escape that is half of a surrogate pair: there is no character it could mean.
        case loneSurrogate
        /// A member has the name of an earlier member of the same object, escapes resolved.
        case duplicateMember
        /// More than `JSONScanner.maximumDepth` objects and arrays stand around a value.
        case nestedTooDeep
    }

    /// What is wrong.
    package let reason: Reason
    /// Where, in bytes from the beginning of the text.
    package let offset: Int

    /// Creates a fault.
    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}
