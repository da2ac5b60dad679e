/// What names one attempt of a step to whoever answers for it later; see ``SagaDeferred``.
///
/// It is opaque text of at most a few hundred characters that fits into a URL, a header or a
/// message, and is worth as much as the attempt's answer: give it only to whom you would let
/// answer.
public struct TaskToken: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The text, to be passed on as it is.
    public let description: String

    /// Takes the text back; only the coordinator can say whether it names an attempt.
    public init(_ text: String) {
        description = text
    }

    /// Reads the text alone.
    public init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes the text alone.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
