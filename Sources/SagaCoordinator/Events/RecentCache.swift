/// Keeps what was used of late: at least the last `capacity` values, and at most twice as many.
///
/// Two generations: when the younger one is full it becomes the older one, and what nobody asked
/// for since is gone. No lists, no clock, and no cost on a hit in the younger one but the look-up.
struct RecentCache<Key: Hashable, Value> {
    private let capacity: Int
    private var younger: [Key: Value] = [:]
    private var older: [Key: Value] = [:]

    /// An empty one.
    init(capacity: Int) {
        precondition(capacity > 0, "capacity is \(capacity)")
        self.capacity = capacity
    }

    /// How many values it holds; one that moved from the older generation may count twice.
    var count: Int { younger.count + older.count }

    /// What is kept for a key; it stays longer for having been asked for.
    mutating func value(of key: Key) -> Value? {
        if let value = younger[key] { return value }
        guard let value = older[key] else { return nil }
        insert(value, for: key)
        return value
    }

    /// Keeps a value.
    mutating func insert(_ value: Value, for key: Key) {
        if younger.count >= capacity {
            older = younger
            younger = [:]
        }
        younger[key] = value
    }
}
