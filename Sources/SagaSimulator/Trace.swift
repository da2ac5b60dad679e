/// What happened, as a number that two processes can compare, and as lines for people.
struct Trace {
    /// Over everything noted, in its order.
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

    /// Notes what is durable, by the checksum over all of it: one record that another process would
    /// write otherwise, or elsewhere, changes the trace.
    mutating func note(journal checksum: UInt32) { mix(UInt64(checksum)) }

    private mutating func mix(_ word: UInt64) {
        hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
    }
}
