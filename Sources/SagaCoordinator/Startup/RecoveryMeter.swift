internal import SagaModel
internal import SagaSystem
internal import Synchronization

/// How far the replay of a journal is: the one place that the log, callers who have to wait, and
/// whatever else shows a start read it from.
///
/// Fed by the thread that replays, read by any.
final class RecoveryMeter: Sendable {
    /// How far apart lines of the log are at least, and after how long there is the first.
    static let pace: Duration = .seconds(1)

    /// After so many records the clock is looked at: a look costs a good part of what replaying a
    /// record does.
    private static let stride: UInt64 = 64

    private struct State {
        var begunAt: MonotonicInstant?
        var toldAt: MonotonicInstant?
        var totalBytes: UInt64 = 0
    }

    private let now: @Sendable () -> MonotonicInstant
    private let state = Mutex(State())
    private let records = Atomic<UInt64>(0)
    private let bytes = Atomic<UInt64>(0)

    /// Makes a meter of a replay that has not begun.
    init(now: @escaping @Sendable () -> MonotonicInstant = { .now() }) { self.now = now }

    /// So many bytes are to be replayed, about.
    func begin(bytes: Int) {
        let now = now()
        state.withLock { state in
            state.begunAt = now
            state.toldAt = now
            state.totalBytes = UInt64(clamping: bytes)
        }
    }

    /// One record more, of so many bytes.
    ///
    /// - Returns: how far it is, where that is worth a line of the log: nil most of the time.
    func replayed(bytes count: Int) -> RecoveryProgress? {
        bytes.add(UInt64(clamping: count), ordering: .relaxed)
        let number = records.add(1, ordering: .relaxed).newValue
        guard number % Self.stride == 0 else { return nil }
        let now = now()
        let isDue = state.withLock { state in
            guard let toldAt = state.toldAt,
                now.microseconds(since: toldAt) >= Self.pace.microseconds
            else { return false }
            state.toldAt = now
            return true
        }
        return isDue ? progress : nil
    }

    /// How far it is; nil before it is known how much there is.
    var progress: RecoveryProgress? {
        let (begunAt, total) = state.withLock { ($0.begunAt, $0.totalBytes) }
        guard let begunAt else { return nil }
        return RecoveryProgress(
            records: records.load(ordering: .relaxed), doneBytes: bytes.load(ordering: .relaxed),
            totalBytes: total, elapsed: .microseconds(now().microseconds(since: begunAt)))
    }
}

/// How far the replay of a journal is.
struct RecoveryProgress: Equatable, Sendable {
    /// Records replayed.
    var records: UInt64
    /// Bytes of their frames.
    var doneBytes: UInt64
    /// About how many there are.
    var totalBytes: UInt64
    /// How long it takes so far.
    var elapsed: Duration

    /// How much is done, in hundredths; 100 is never reached, since the life has yet to begin.
    var percent: UInt64 {
        totalBytes == 0 ? 99 : min(99, doneBytes.multipliedFullWidth(by: 100).low / totalBytes)
    }

    /// Records in a second, so far.
    var recordsPerSecond: UInt64 {
        let seconds = Double(elapsed.microseconds) / 1_000_000
        return seconds > 0 ? UInt64(Double(records) / seconds) : 0
    }

    /// About how long the rest takes, at the same rate; nil where nothing can be said yet.
    var remaining: Duration? {
        guard doneBytes > 0, elapsed > .zero else { return nil }
        let rest = Double(totalBytes < doneBytes ? 0 : totalBytes - doneBytes)
        return .microseconds(Int64(Double(elapsed.microseconds) * rest / Double(doneBytes)))
    }

    /// The same in a line for people: `1,234,567 records, 43 %, about 5 s left`.
    var text: String {
        var text = "\(Self.grouped(records)) records, \(percent) %"
        if let remaining {
            text += ", about \(max(1, (remaining.microseconds + 500_000) / 1_000_000)) s left"
        }
        return text
    }

    /// A number with a comma between each three digits.
    private static func grouped(_ number: UInt64) -> String {
        var text = ""
        let digits = String(number)
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
