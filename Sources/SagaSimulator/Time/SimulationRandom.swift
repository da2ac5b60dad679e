/// All randomness of a world: SplitMix64 from its seed.
///
/// Nothing in a world may be iterated in the order of a Dictionary or Set, which differs from
/// process to process: the same seed has to give the same events everywhere.
struct SimulationRandom: Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// That of a world. Its numbers have nothing to do with those of the world of the next seed:
    /// states that are a multiple of the step apart would give the same numbers, only shifted.
    init(world seed: UInt64) {
        var first = SimulationRandom(seed: seed ^ 0xD1B5_4A32_D192_ED03)
        state = first.next() ^ (seed &* 0xDA94_2042_E4DD_58B5)
    }

    /// 64 random bits.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below 1.
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }

    /// Whether something of this probability happens.
    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// A place in a list of so many; 0 of an empty one.
    mutating func index(below count: Int) -> Int {
        count > 1 ? Int(truncatingIfNeeded: next() % UInt64(count)) : 0
    }

    /// One of these.
    mutating func element<Element>(of list: [Element]) -> Element { list[index(below: list.count)] }

    /// A span of time, each power of two as likely as any other: most are short, some are long.
    mutating func span(_ range: ClosedRange<Int64>) -> Int64 {
        let low = max(range.lowerBound, 1)
        let doublings = Int64.bitWidth - (range.upperBound / low).leadingZeroBitCount
        let scaled = low << Int64(index(below: max(doublings, 1)))
        return min(range.upperBound, scaled + Int64(unit() * Double(scaled)))
    }

    /// A generator of its own, for a part of the world.
    mutating func split() -> SimulationRandom { SimulationRandom(seed: next()) }
}
