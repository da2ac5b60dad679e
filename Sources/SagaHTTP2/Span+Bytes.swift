extension Span<UInt8> {
    /// Whether these are the bytes of an ASCII literal.
    package func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        // SAFETY: a literal's bytes live as long as the process, and their count was compared.
        return unsafe equals(text.utf8Start)
    }

    /// Whether these are the bytes of an array.
    package func equals(_ other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        // SAFETY: the buffer has `count` bytes and does not leave the closure.
        return unsafe other.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return true }
            return unsafe equals(start)
        }
    }

    /// Compares with `count` bytes, eight at a time: method paths are long and names are many.
    private func equals(_ other: UnsafePointer<UInt8>) -> Bool {
        // SAFETY: both sides have `count` bytes; no load goes beyond them.
        unsafe withUnsafeBytes { mine in
            // SAFETY: the same bytes, untyped.
            let theirs = unsafe UnsafeRawPointer(other)
            guard count >= 8 else {
                for place in 0..<count {
                    // SAFETY: `place` is within both sides.
                    guard unsafe mine[place] == theirs.load(fromByteOffset: place, as: UInt8.self)
                    else { return false }
                }
                return true
            }
            // The last eight first: names and paths differ there, and what lies between the last
            // whole eight and the end is compared by it.
            var place = count - 8
            while true {
                // SAFETY: eight bytes are there behind `place` on both sides.
                guard
                    unsafe mine.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                        == theirs.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                else { return false }
                if place == 0 { return true }
                place = max(0, place - 8)
            }
        }
    }
}

extension String {
    /// Makes a text of the bytes of a span; what is not UTF-8 is replaced.
    init(copying bytes: Span<UInt8>) {
        // SAFETY: the buffer does not leave the closure.
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension [UInt8] {
    /// Adds the bytes of a span at memcpy's speed.
    package mutating func append(bytes: Span<UInt8>) {
        // SAFETY: the buffer does not leave the closure.
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Adds a prefix, if there is one, and the bytes of a span, growing once at most.
    mutating func append(_ prefix: ChunkPrefix?, _ bytes: Span<UInt8>) {
        guard let prefix else {
            append(bytes: bytes)
            return
        }
        append(addingCapacity: ChunkPrefix.byteCount + bytes.count) { output in
            output.append(prefix.flag)
            output.append(UInt8(truncatingIfNeeded: prefix.length >> 24))
            output.append(UInt8(truncatingIfNeeded: prefix.length >> 16))
            output.append(UInt8(truncatingIfNeeded: prefix.length >> 8))
            output.append(UInt8(truncatingIfNeeded: prefix.length))
            for place in bytes.indices { output.append(bytes[place]) }
        }
    }

    /// Makes an array of the bytes of a span.
    package init(copying bytes: Span<UInt8>) {
        self.init()
        append(bytes: bytes)
    }
}
