internal import SagaModel

extension SagaID {
    /// Reads the 36 characters of a UUID, in either case, without making a text of them first.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard text.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for place in 0..<36 {
            // SAFETY: the place is below the count.
            let byte = unsafe text[place]
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil  // any other byte that a peer may send
            }
            if place < 18 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// Writes the 36 characters in lower case.
    func writeText(to start: UnsafeMutablePointer<UInt8>) {
        var next = 0
        for index in 0..<32 {
            // SAFETY: whoever calls has room for 36 bytes; 32 digits and 4 hyphens are written.
            if index == 8 || index == 12 || index == 16 || index == 20 {
                unsafe start[next] = UInt8(ascii: "-")
                next += 1
            }
            let half = index < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - index % 16 * 4)) & 0xF
            unsafe start[next] =
                digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            next += 1
        }
    }
}
