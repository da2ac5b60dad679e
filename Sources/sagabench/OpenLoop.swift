internal import Histogram
internal import SagaSystem
internal import Synchronization

/// Starts sagas at fixed distances, whatever has become of those before.
struct OpenLoop: Sendable {
    /// How many in a second.
    let rate: Double
    /// For how long.
    let seconds: Double

    /// Starts all, and waits for the last one.
    ///
    /// - Parameter saga: runs one, given which one it is, from 0; gives its number in the load and
    ///   how it ended.
    func run(
        _ saga: @escaping @Sendable (UInt64) async -> (number: UInt64, end: SagaEnd?)
    ) async -> SagaBenchmark.Load {
        let whole = WholeLoad()
        let count = UInt64(max(1, rate * seconds))
        let began = MonotonicInstant.now().microseconds
        await withDiscardingTaskGroup { group in
            for place in 0..<count {
                let due = began + Int64(Double(place) / rate * 1_000_000)
                // No timer is finer than a millisecond; what is due meanwhile is started together,
                // and its latency counts from when it was due all the same.
                let early = due - MonotonicInstant.now().microseconds
                if early > 0 { try? await Task.sleep(for: .microseconds(max(early, 1_000))) }
                group.addTask {
                    let result = await saga(place)
                    whole.load.withLock { $0.note(result, since: due) }
                }
            }
        }
        return whole.load.withLock { $0 }
    }
}

/// What all sagas of a loop came to.
private final class WholeLoad: Sendable {
    let load = Mutex(SagaBenchmark.Load())
}

extension SagaBenchmark.Load {
    /// Counts a saga that was due at a moment.
    mutating func note(_ result: (number: UInt64, end: SagaEnd?), since due: Int64) {
        guard let end = result.end else {
            lost += 1
            return
        }
        ends[result.number] = end
        switch end {
        case .completed: completed += 1
        case .compensated: compensated += 1
        }
        latencies.record(UInt64(max(0, MonotonicInstant.now().microseconds - due)))
    }

    /// Counts what another part of the load saw too.
    mutating func add(_ other: SagaBenchmark.Load) {
        latencies.add(other.latencies)
        ends.merge(other.ends) { first, _ in first }
        completed += other.completed
        compensated += other.compensated
        lost += other.lost
    }
}
