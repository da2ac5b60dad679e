internal import Synchronization

/// What the participants did, by their own account: a step that did not run, ran twice, or was
/// undone out of order is a violation.
final class Ledger: Sendable {
    private struct Entry {
        var done: [String] = []
        var undone: [String] = []
    }

    /// Several locks, so that handlers seldom wait for each other.
    private let shards: [Shard]

    private final class Shard: Sendable {
        let entries = Mutex<[UInt64: Entry]>([:])
    }

    init() {
        shards = (0..<64).map { _ in Shard() }
    }

    func did(_ step: String, of saga: UInt64) {
        shard(of: saga).entries.withLock { $0[saga, default: Entry()].done.append(step) }
    }

    func undid(_ step: String, of saga: UInt64) {
        shard(of: saga).entries.withLock { $0[saga, default: Entry()].undone.append(step) }
    }

    /// How many steps ran in all.
    var stepsRun: Int {
        shards.reduce(0) { sum, shard in
            sum + shard.entries.withLock { $0.values.reduce(0) { $0 + $1.done.count } }
        }
    }

    /// How many of these sagas ran otherwise than they ended.
    ///
    /// - Parameters:
    ///   - ends: how each saga ended.
    ///   - steps: the names of the steps, in order.
    func violations(of ends: [UInt64: SagaEnd], steps: [String]) -> Int {
        ends.count { saga, end in
            let entry = shard(of: saga).entries.withLock { $0[saga] ?? Entry() }
            return switch end {
            case .completed: entry.done != steps || !entry.undone.isEmpty
            case .compensated:
                entry.done != steps.dropLast() || entry.undone != steps.dropLast().reversed()
            }
        }
    }

    /// The lock for a saga, by its number in the load.
    private func shard(of saga: UInt64) -> Shard {
        shards[Int(saga % UInt64(shards.count))]
    }
}

/// How a saga of the load ended.
enum SagaEnd: Sendable {
    case completed
    case compensated
}
