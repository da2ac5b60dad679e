/// The identity of a journal over all its restores: a random UUID drawn when it is begun.
package struct JournalLineage: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes, big-endian as in a UUID's text.
    package let high: UInt64
    /// The last eight bytes.
    package let low: UInt64

    /// Takes the two halves of an existing identity.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a version 4 UUID (RFC 9562) of 128 random bits.
    package init(randomHigh: UInt64, randomLow: UInt64) {
        self.high = randomHigh & ~0xF000 | 0x4000
        self.low = randomLow & ~(3 << 62) | (2 << 62)
    }

    /// The usual text of a UUID, in lower case.
    package var description: String {
        var text = ""
        for (index, word) in [high, low].enumerated() {
            for shift in stride(from: 56, through: 0, by: -8) {
                let byte = UInt8(truncatingIfNeeded: word >> UInt64(shift))
                let place = index * 8 + (56 - shift) / 8
                if place == 4 || place == 6 || place == 8 || place == 10 { text += "-" }
                if byte < 16 { text += "0" }
                text += String(byte, radix: 16)
            }
        }
        return text
    }
}
