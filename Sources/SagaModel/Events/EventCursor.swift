/// A place among the events of a coordinator: reading on from here gives what follows.
///
/// What it holds is the coordinator's own. It stays good over restarts of the coordinator, for as
/// long as the events behind it are kept.
public struct EventCursor: Hashable, Sendable {
    /// The bytes as the coordinator made them.
    package let bytes: [UInt8]

    /// Takes what a coordinator made.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }
}

extension EventCursor: LosslessStringConvertible {
    /// Takes the text back; nil if it is none. Only the coordinator can say whether it is a cursor.
    public init?(_ text: String) {
        guard !text.isEmpty, let bytes = Base64URL.decode(text) else { return nil }
        self.bytes = bytes
    }

    /// The cursor as text, in base64url without padding.
    public var description: String { Base64URL.encode(bytes) }
}
