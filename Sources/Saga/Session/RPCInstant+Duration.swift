internal import SagaRPC

extension RPCInstant {
    /// The moment so much later.
    static func + (instant: RPCInstant, duration: Duration) -> RPCInstant {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return RPCInstant(nanoseconds: seconds < 0 ? .min : .max) }
        let (sum, carried) = instant.nanoseconds.addingReportingOverflow(
            product + attoseconds / 1_000_000_000)
        return RPCInstant(nanoseconds: carried ? (seconds < 0 ? .min : .max) : sum)
    }
}
