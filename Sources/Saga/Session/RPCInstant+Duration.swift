internal import SagaRPC

extension RPCInstant {
    /// The moment so much later; one that cannot be written is the last or the first that can.
    static func + (instant: RPCInstant, duration: Duration) -> RPCInstant {
        let (seconds, attoseconds) = duration.components
        // Each part by itself: their sum may not fit where the moment does.
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = instant.nanoseconds.addingReportingOverflow(whole)
        let (moment, spilled) = sum.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard !overflow, !carried, !spilled else {
            return RPCInstant(nanoseconds: duration < .zero ? .min : .max)
        }
        return RPCInstant(nanoseconds: moment)
    }
}
