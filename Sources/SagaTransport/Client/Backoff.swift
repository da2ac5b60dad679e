internal import SagaRPC

/// How long to wait between attempts to connect: exponential, with full jitter.
///
/// Full jitter draws from nothing up to the ceiling, so that clients that lost a server in the
/// same moment come back spread over the whole time.
struct Backoff: Equatable, Sendable {
    private let first: RPCTimeout
    private let most: RPCTimeout
    private var failures = 0

    /// `first` is the ceiling of the first wait, which doubles with each failure up to `most`.
    init(first: RPCTimeout, most: RPCTimeout) {
        precondition(
            first.nanoseconds > 0 && first.nanoseconds <= most.nanoseconds,
            "backoff from \(first.nanoseconds) to \(most.nanoseconds) ns")
        self.first = first
        self.most = most
    }

    /// The longest that the next wait can be.
    var ceiling: RPCTimeout {
        guard failures < first.nanoseconds.leadingZeroBitCount - 1 else { return most }
        return RPCTimeout(nanoseconds: min(most.nanoseconds, first.nanoseconds << failures))
    }

    /// Counts a failure. `random` is any 64 bits.
    mutating func next(random: UInt64) -> RPCTimeout {
        let range = UInt64(ceiling.nanoseconds) + 1
        if failures < 64 { failures += 1 }
        return RPCTimeout(nanoseconds: Int64(random.multipliedFullWidth(by: range).high))
    }

    /// Begins anew behind a success.
    mutating func reset() { failures = 0 }
}
