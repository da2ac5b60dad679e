/// Random numbers for the jitter of waits: drawn only when one was used, since the system's own
/// cost a system call each.
struct JitterDraws {
    private var state: UInt64
    /// From 0 to below 1; the same until `next`.
    private(set) var current = 0.5

    init(seed: UInt64) {
        state = seed
        next()
    }

    /// Draws anew (SplitMix64, public domain, Sebastiano Vigna 2015).
    mutating func next() {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        word ^= word >> 31
        current = Double(word >> 11) / Double(1 << 53)
    }
}
