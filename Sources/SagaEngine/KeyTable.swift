internal import HeapModule
internal import SagaModel

/// The business keys that are taken: each while its saga lives, and until its end of time after.
struct KeyTable {
    private var entries: [KeyHash: KeyEntry] = [:]
    /// When keys of ended sagas are free again, the earliest first.
    private var ends = Heap<End>()

    private struct End: Comparable {
        let until: Instant
        let key: KeyHash

        static func < (left: End, right: End) -> Bool { left.until < right.until }
    }

    /// How many are stored; some of them may be over and not dropped yet.
    var count: Int { entries.count }

    /// The saga that a key names; nil if it is free, or free again.
    func find(_ key: KeyHash, now: Instant) -> KeyEntry? {
        guard let entry = entries[key], entry.isTaken(at: now) else { return nil }
        return entry
    }

    mutating func take(_ key: KeyHash, _ entry: KeyEntry) {
        entries[key] = entry
    }

    /// A key's saga has ended: it stays taken until then.
    mutating func end(_ key: KeyHash, of saga: SagaID, at until: Instant, mayBeReplaced: Bool) {
        // Another saga may have replaced this one and have the key.
        guard entries[key]?.saga == saga else { return }
        entries[key]?.until = until
        entries[key]?.mayBeReplaced = mayBeReplaced
        ends.insert(End(until: until, key: key))
    }

    /// Forgets keys whose time is over, a bounded number of them.
    mutating func dropEnded(now: Instant, atMost limit: Int) {
        var dropped = 0
        while dropped < limit, let end = ends.min, end.until <= now {
            ends.removeMin()
            dropped += 1
            // Another saga may have taken the key since.
            if entries[end.key]?.until == end.until { entries[end.key] = nil }
        }
    }

    /// Those that are taken at a moment.
    func taken(at now: Instant) -> [KeyHash: KeyEntry] {
        entries.filter { $0.value.isTaken(at: now) }
    }
}

/// A key that is taken.
struct KeyEntry: Equatable {
    let saga: SagaID
    let request: RequestHash
    /// Until when, once its saga has ended.
    var until: Instant?
    /// Whether its saga ended so that another one may replace it under the key.
    var mayBeReplaced = false

    func isTaken(at now: Instant) -> Bool { until.map { now < $0 } ?? true }
}
