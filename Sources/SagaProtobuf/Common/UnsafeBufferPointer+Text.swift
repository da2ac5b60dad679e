extension UnsafeBufferPointer<UInt8> {
    /// Whether one of the bytes is 0; looks at eight at a time, for every text on the wire is asked
    /// this.
    var hasZero: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // SAFETY: every place that is read lies inside the buffer.
        let raw = UnsafeRawBufferPointer(self)
        var place = 0
        while place + 8 <= count {
            let word = unsafe raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            if (word &- ones) & ~word & (ones << 7) != 0 { return true }
            place += 8
        }
        while place < count {
            if unsafe self[place] == 0 { return true }
            place += 1
        }
        return false
    }

    /// Whether all bytes are below 128.
    var isASCII: Bool {
        var bits: UInt64 = 0
        // SAFETY: every place that is read lies inside the buffer.
        let raw = UnsafeRawBufferPointer(self)
        var place = 0
        while place + 8 <= count {
            bits |= unsafe raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            place += 8
        }
        while place < count {
            bits |= UInt64(unsafe self[place])
            place += 1
        }
        return bits & 0x8080_8080_8080_8080 == 0
    }

    /// Whether these are the bytes of a constant.
    func isEqual(to constant: StaticString) -> Bool {
        guard count == constant.utf8CodeUnitCount else { return false }
        for place in 0..<count {
            // SAFETY: the place lies inside of both.
            if unsafe self[place] != constant.utf8Start[place] { return false }
        }
        return true
    }
}
