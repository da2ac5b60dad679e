internal import Crypto
internal import SagaModel

/// The digests that stand for keys, requests and definitions: SHA-256, made here so that the engine
/// need not.
enum RequestHashing {
    /// Stands for a business key of a definition in a namespace.
    static func key(namespace: String, definition: String, key: String) -> KeyHash {
        var hasher = FieldHasher()
        hasher.add(namespace)
        hasher.add(definition)
        hasher.add(key)
        let words = hasher.finish()
        return KeyHash(high: words.0, low: words.1)
    }

    /// Stands for what a start asks for: namespace, definition and version as sent, the input, JSON
    /// by value, the start time, and a definition of its own.
    static func start(
        namespace: String, definition: String, version: UInt32?, input: Payload,
        startAt: Instant? = nil, inline: Digest256? = nil
    ) -> RequestHash {
        var hasher = FieldHasher()
        hasher.add(namespace)
        hasher.add(definition)
        hasher.add(version.map { "\($0)" } ?? "")
        hasher.add(input.contentType)
        hasher.add(canonical(input))
        // Only what is there is added, so that requests without them keep their hashes.
        if let startAt { hasher.add("at \(startAt.microseconds)") }
        if let inline { hasher.add("inline \(inline)") }
        let words = hasher.finish()
        return RequestHash(high: words.0, low: words.1)
    }

    /// Stands for a definition: over its packed form with only what was written.
    static func definition(_ packed: [UInt8]) -> Digest256 {
        let words = SHA256.hash(data: packed).words
        return Digest256(words[0], words[1], words[2], words[3])
    }

    /// JSON without what does not count (the order of members, white space); anything else as it
    /// is.
    private static func canonical(_ payload: Payload) -> [UInt8] {
        guard payload.contentType == Payload.json,
            let text = try? JSONCanonical.canonicalize(payload.bytes.span)
        else { return payload.bytes }
        return text
    }

    /// Hashes fields with their lengths, so that no two lists of fields give the same bytes.
    private struct FieldHasher {
        private var bytes: [UInt8] = []

        mutating func add(_ text: String) { add(Array(text.utf8)) }

        mutating func add(_ field: [UInt8]) {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: UInt64(field.count) >> UInt64(shift)))
            }
            bytes.append(contentsOf: field)
        }

        func finish() -> (UInt64, UInt64) {
            let words = SHA256.hash(data: bytes).words
            return (words[0], words[1])
        }
    }
}

extension SHA256Digest {
    /// The digest as four words, most significant byte first.
    fileprivate var words: [UInt64] {
        var words: [UInt64] = []
        var word: UInt64 = 0
        for (index, byte) in self.enumerated() {
            word = word << 8 | UInt64(byte)
            if index % 8 == 7 { words.append(word) }
        }
        return words
    }
}
