/// What happened, as a number that two processes can compare, and as lines for people.
struct Trace {
    /// FNV-1a over everything noted.
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Gets each line; nil if nobody reads.
    let tell: ((String) -> Void)?

    /// Notes an event.
    mutating func note(
        _ now: WorldTime, _ what: StaticString, _ number: Int,
        _ text: @autoclosure () -> String = ""
    ) {
        mix(UInt64(bitPattern: now.microseconds))
        mix(UInt64(bitPattern: Int64(number)))
        if let tell { tell("\(now.microseconds)\t\(what)\t\(number)\t\(text())") }
    }

    private mutating func mix(_ word: UInt64) {
        var rest = word
        for _ in 0..<8 {
            hash = (hash ^ (rest & 0xFF)) &* 0x0000_0100_0000_01B3
            rest >>= 8
        }
    }
}
