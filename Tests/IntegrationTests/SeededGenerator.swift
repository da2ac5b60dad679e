import Foundation

/// Random numbers that a printed seed gives again (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// From a seed of its own, which is printed, or from the variable SAGA_TEST_SEED.
    init(for test: String) {
        let given = ProcessInfo.processInfo.environment["SAGA_TEST_SEED"].flatMap(UInt64.init)
        self.init(seed: given ?? .random(in: .min ... .max))
        print("\(test): SAGA_TEST_SEED=\(seed)")
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
