public import Saga

/// What became of a definition that was run with a failure at every point.
public struct Drill: Sendable, CustomStringConvertible {
    /// One run, with one failure.
    public struct Run: Sendable, CustomStringConvertible {
        /// What went wrong.
        public let point: DrillPoint
        /// The saga; nil if it could not be started.
        public let sagaID: SagaID?
        /// How it ended; nil if it has not.
        public let state: SagaState?
        /// The virtual time that it took.
        public let took: Duration
        /// Why the end is not a clean one; nil if it is.
        public let problem: String?

        /// One line: the point, the end, and what is wrong with it.
        public var description: String {
            let end = state?.label ?? "not ended"
            let took = Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
            let line = "\(point): \(end) after \((took * 10).rounded() / 10) s"
            return problem.map { "\(line), \($0)" } ?? line
        }
    }

    /// All runs, that without a failure first.
    public let runs: [Run]

    /// The runs that did not end as they should: neither completed nor compensated, or the check
    /// was not met afterwards.
    public var dirty: [Run] { runs.filter { $0.problem != nil } }

    /// All runs, a line each, those that are dirty marked.
    public var description: String {
        let title = "\(runs.count) runs, \(dirty.count) dirty"
        let lines = runs.map { ($0.problem == nil ? "  ok     " : "  DIRTY  ") + "\($0)" }
        return ([title] + lines).joined(separator: "\n")
    }
}
