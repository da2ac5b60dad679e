internal import HeapModule
internal import SagaModel

/// The business keys that are taken: each while its saga lives, and until its end of time after.
struct KeyTable {
    /// In buckets, so that a few of them can be looked at a time; none until there is a key.
    private var buckets: [[KeyHash: KeyEntry]] = []
    /// When keys of ended sagas are free again, the earliest first.
    private var ends = Heap<End>()

    private struct End: Comparable {
        let until: Instant
        let key: KeyHash

        static func < (left: End, right: End) -> Bool { left.until < right.until }
    }

    /// How many are stored; some of them may be over and not dropped yet.
    private(set) var count = 0

    /// How many buckets there are.
    static let bucketCount = 1_024

    private subscript(key: KeyHash) -> KeyEntry? {
        get { buckets.isEmpty ? nil : buckets[Self.bucket(of: key)][key] }
        set {
            if buckets.isEmpty { buckets = Array(repeating: [:], count: Self.bucketCount) }
            let bucket = Self.bucket(of: key)
            let before = buckets[bucket].count
            buckets[bucket][key] = newValue
            count += buckets[bucket].count - before
        }
    }

    private static func bucket(of key: KeyHash) -> Int { Int(key.high % UInt64(bucketCount)) }

    /// Whether a bucket has no key.
    func isEmpty(_ bucket: Int) -> Bool { buckets.isEmpty || buckets[bucket].isEmpty }

    /// The keys of a bucket that are taken at a moment, in an order that is the same everywhere.
    func taken(in bucket: Int, at now: Instant) -> [(key: KeyHash, entry: KeyEntry)] {
        guard !isEmpty(bucket) else { return [] }
        return buckets[bucket].filter { $0.value.isTaken(at: now) }
            .map { ($0.key, $0.value) }
            .sorted { ($0.key.high, $0.key.low) < ($1.key.high, $1.key.low) }
    }

    /// A key is stated anew.
    mutating func restate(_ key: KeyHash, _ entry: KeyEntry) {
        guard self[key] != entry else { return }
        self[key] = entry
        if let until = entry.until { ends.insert(End(until: until, key: key)) }
    }

    /// The saga that a key names; nil if it is free, or free again.
    func find(_ key: KeyHash, now: Instant) -> KeyEntry? {
        guard let entry = self[key], entry.isTaken(at: now) else { return nil }
        return entry
    }

    mutating func take(_ key: KeyHash, _ entry: KeyEntry) {
        self[key] = entry
    }

    /// A key's saga has ended: it stays taken until then.
    mutating func end(_ key: KeyHash, of saga: SagaID, at until: Instant, mayBeReplaced: Bool) {
        // Another saga may have replaced this one and have the key.
        guard var entry = self[key], entry.saga == saga else { return }
        entry.until = until
        entry.mayBeReplaced = mayBeReplaced
        self[key] = entry
        ends.insert(End(until: until, key: key))
    }

    /// Forgets keys whose time is over, a bounded number of them.
    mutating func dropEnded(now: Instant, atMost limit: Int) {
        var dropped = 0
        while dropped < limit, let end = ends.min, end.until <= now {
            ends.removeMin()
            dropped += 1
            // Another saga may have taken the key since.
            if self[end.key]?.until == end.until { self[end.key] = nil }
        }
    }

    /// Those that are taken at a moment.
    func taken(at now: Instant) -> [KeyHash: KeyEntry] {
        var taken: [KeyHash: KeyEntry] = [:]
        for bucket in buckets {
            for (key, entry) in bucket where entry.isTaken(at: now) { taken[key] = entry }
        }
        return taken
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
