internal import SagaModel

/// Payloads as people read them.
enum ShownPayload {
    /// JSON and other text on one line; else what it is and how long.
    static func line(_ payload: Payload) -> String {
        guard !payload.bytes.isEmpty else { return "no value" }
        guard let text = text(payload) else {
            return "\(payload.contentType), \(ShownNumber.bytes(UInt64(payload.bytes.count)))"
        }
        // JSON has line ends between its tokens only, where they mean as much as a space.
        let lines = text.split { $0.isNewline }.map { line in
            line.drop { $0 == " " || $0 == "\t" }
        }
        return lines.joined(separator: " ")
    }

    /// What is written where a program may read it: text as it stands, byte for byte; nil for what
    /// is no text.
    static func text(_ payload: Payload) -> String? {
        let type = payload.contentType.prefix { $0 != ";" }
        let isText =
            type.isEmpty || type == Payload.json || type.hasSuffix("+json")
            || type.hasPrefix("text/")
        guard isText else { return nil }
        return String(validating: payload.bytes, as: UTF8.self)
    }
}
