extension Span<UInt8> {
    /// Whether these are the bytes of an ASCII literal.
    package func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        // SAFETY: a literal's bytes live as long as the process, and their count was compared.
        let other = unsafe UnsafeBufferPointer(start: text.utf8Start, count: count)
        // SAFETY: both buffers have `count` bytes and neither leaves the closure.
        return unsafe withUnsafeBufferPointer { mine in unsafe mine.elementsEqual(other) }
    }
}

extension [UInt8] {
    /// Adds the bytes of a span at memcpy's speed.
    package mutating func append(bytes: Span<UInt8>) {
        // SAFETY: the buffer does not leave the closure.
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Makes an array of the bytes of a span.
    package init(copying bytes: Span<UInt8>) {
        self.init()
        append(bytes: bytes)
    }
}
