/// The identity of one saga: 128 bits in UUID version 7 form (RFC 9562).
///
/// The first 48 bits are milliseconds since 1970, so ids sort by the time of their making; the 12
/// bits of `rand_a` name the shard that the saga lives in; 62 bits are random.
public struct SagaID: Hashable, Comparable, Sendable {
    /// The first eight bytes, most significant first.
    package let high: UInt64
    /// The last eight bytes, most significant first.
    package let low: UInt64

    /// Makes an id of its two halves as they stand.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a new id from what the caller knows and drew.
    ///
    /// - Parameters:
    ///   - instant: when the saga was asked for; milliseconds count.
    ///   - shard: the shard that it lives in, 0 to 4,095.
    ///   - entropy: 64 random bits, of which 62 are used.
    package init(at instant: Instant, shard: UInt16, entropy: UInt64) {
        let milliseconds = UInt64(clamping: instant.microseconds / 1_000)
        high = milliseconds << 16 | 0x7000 | UInt64(shard & 0x0FFF)
        low = entropy & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// The millisecond at which the id was made.
    package var madeAt: Instant { Instant(microseconds: Int64(high >> 16) * 1_000) }

    /// The random half is enough.
    public func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// Ids sort as their bytes do, so by the time of their making.
    public static func < (left: SagaID, right: SagaID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension SagaID: LosslessStringConvertible {
    /// Reads the 36 characters of a UUID, in either case; nil for anything else.
    public init?(_ text: String) {
        let hyphens: Set<Int> = [8, 13, 18, 23]
        guard text.utf8.count == 36 else { return nil }
        var halves: [UInt64] = [0, 0]
        var digits = 0
        for (index, byte) in text.utf8.enumerated() {
            if hyphens.contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Self.digit(byte) else { return nil }
            halves[digits / 16] = halves[digits / 16] << 4 | digit
            digits += 1
        }
        self.init(high: halves[0], low: halves[1])
    }

    /// The 36 characters of a UUID, in lower case.
    public var description: String {
        String(decoding: textBytes, as: UTF8.self)
    }

    /// The 36 characters of `description` as ASCII bytes.
    package var textBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 {
                bytes.append(UInt8(ascii: "-"))
            }
            let half = index < 16 ? high : low
            let digit = UInt8(half >> UInt64(60 - index % 16 * 4) & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil  // any other byte of a text that anybody may have typed
        }
    }
}
