/// The time a call may take, as `grpc-timeout` carries it.
package struct RPCTimeout: Hashable, Sendable {
    /// The time, not negative.
    package var nanoseconds: Int64

    /// Makes a timeout.
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    private static let units: [(letter: UInt8, nanoseconds: Int64)] = [
        (UInt8(ascii: "n"), 1), (UInt8(ascii: "u"), 1000), (UInt8(ascii: "m"), 1_000_000),
        (UInt8(ascii: "S"), 1_000_000_000), (UInt8(ascii: "M"), 60_000_000_000),
        (UInt8(ascii: "H"), 3_600_000_000_000),
    ]

    /// Reads 1 to 8 digits and a unit (gRPC's `PROTOCOL-HTTP2`, Timeout); nil for anything else.
    /// More than 292 years are as many.
    package init?(_ text: Span<UInt8>) {
        guard text.count >= 2, text.count <= 9,
            let unit = Self.units.first(where: { $0.letter == text[text.count - 1] })
        else { return nil }
        var number: Int64 = 0
        for place in 0..<(text.count - 1) {
            let digit = text[place] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number * 10 + Int64(digit)
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.nanoseconds)
        nanoseconds = overflow ? .max : product
    }

    /// The shortest exact unit that fits 8 digits, rounded up, so that the peer does not give up
    /// before this side does.
    package var text: String {
        var bytes: [UInt8] = []
        writeText(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Puts ``text`` behind the bytes that are there.
    func writeText(to bytes: inout [UInt8]) {
        for unit in Self.units {
            let number =
                nanoseconds / unit.nanoseconds
                + (nanoseconds % unit.nanoseconds == 0 ? 0 : 1)
            guard number <= Self.mostNumber else { continue }
            Self.write(number, unit.letter, to: &bytes)
            return
        }
        Self.write(Self.mostNumber, UInt8(ascii: "H"), to: &bytes)
    }

    /// The largest number of 8 digits.
    private static let mostNumber: Int64 = 99_999_999

    private static func write(_ number: Int64, _ unit: UInt8, to bytes: inout [UInt8]) {
        var scale: Int64 = 1
        while number / scale >= 10 { scale *= 10 }
        while scale > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / scale % 10))
            scale /= 10
        }
        bytes.append(unit)
    }
}
