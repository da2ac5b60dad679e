/// Runs worlds by their seeds.
package enum Simulation {
    /// Runs one world.
    ///
    /// - Parameters:
    ///   - seed: all that the world follows from.
    ///   - tell: gets a line for each event; nil if nobody reads.
    package static func run(seed: UInt64, tell: ((String) -> Void)? = nil) -> SimulationReport {
        let world = World(seed: seed, tell: tell)
        world.run()
        return SimulationReport(
            seed: seed, events: world.events, sagas: world.check.sagas.count,
            crashes: world.crashes, violations: world.check.violations,
            traceHash: world.trace.hash, coverage: world.coverage,
            watched: world.watcher?.seen ?? 0)
    }
}

/// What came of one world.
package struct SimulationReport: Equatable, Sendable {
    /// Its seed.
    package let seed: UInt64
    /// How many events happened.
    package let events: Int
    /// How many sagas were acknowledged.
    package let sagas: Int
    /// How often the coordinator's process ended.
    package let crashes: Int
    /// Which promises were broken; empty if all were kept.
    package let violations: [String]
    /// A number that is the same in every process that runs the seed.
    package let traceHash: UInt64
    /// What met what.
    package let coverage: Coverage
    /// How many events somebody who watched was told; 0 if nobody did.
    package let watched: Int
}
