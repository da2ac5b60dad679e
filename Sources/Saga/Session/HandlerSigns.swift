internal import SagaModel
internal import SagaRPC

/// The signs of life that handlers have given and that are not sent yet.
///
/// They are sent together, and no more often than the shortest heartbeat timeout among them needs:
/// a handler may give as many as it likes.
struct HandlerSigns {
    private var pending: [AttemptPlace: AttemptSign] = [:]
    /// When those that wait are sent; nil if none waits.
    private(set) var due: RPCInstant?
    private var lastSent: RPCInstant?

    /// Keeps a sign; the progress of one before stays if this one has none.
    ///
    /// - Parameter pace: how far apart signs of its attempt may be sent.
    mutating func add(
        _ sign: AttemptSign, at place: AttemptPlace, pace: Duration, now: RPCInstant
    ) {
        var sign = sign
        sign.progress = sign.progress ?? pending[place]?.progress
        pending[place] = sign
        let wanted = max(now, lastSent.map { $0 + pace } ?? now)
        due = due.map { min($0, wanted) } ?? wanted
    }

    /// Takes out all that wait, to be sent now.
    mutating func take(now: RPCInstant) -> [AttemptSign] {
        guard !pending.isEmpty else { return [] }
        let signs = pending.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value)
        pending.removeAll(keepingCapacity: true)
        due = nil
        lastSent = now
        return signs
    }

    /// Takes out that of an attempt that has ended.
    mutating func take(at place: AttemptPlace) -> AttemptSign? {
        let sign = pending.removeValue(forKey: place)
        if pending.isEmpty { due = nil }
        return sign
    }
}
