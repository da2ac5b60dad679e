internal import DequeModule
internal import Logging
internal import SagaModel
internal import Synchronization

/// Whether the disk is too slow for new sagas: those that are there go on, each as its records
/// become durable, and need what the disk can do.
///
/// Told of each commit by the engine's thread, asked at each start by the event loops.
final class DiskPace: Sendable {
    /// What a start is told.
    enum Admission: Equatable {
        /// It is taken.
        case open
        /// Only a saga that is there already is found.
        case onlyExisting
        /// The engine's thread waits for the disk: nothing is answered before that is over.
        case stuck
    }

    private struct State {
        /// The newest commits, the oldest first.
        var recent: Deque<(endedAt: Instant, took: Duration)> = []
        var isSlow = false
        var isStuckTold = false
    }

    private let slow: Duration
    private let stuck: Duration
    private let window: Duration
    private let logger: Logger
    private let state = Mutex(State())
    /// Since when a commit is under way, in microseconds; the largest number while none is.
    private let begunAt = Atomic(Int64.max)
    private let isSlow = Atomic(false)

    /// How many commits are looked at, and from how many on they say anything.
    private static let looks = 16
    private static let leastLooks = 3

    /// Takes the disk for a fast one until it is told otherwise.
    init(_ limits: Limits, _ logger: Logger) {
        slow = limits.slowCommit
        stuck = limits.stuckCommit
        window = limits.slowCommitWindow
        self.logger = logger
    }

    /// A commit begins.
    func began(at now: Instant) { begunAt.store(now.microseconds, ordering: .relaxed) }

    /// It is over.
    func ended(at now: Instant) {
        let began = begunAt.exchange(.max, ordering: .relaxed)
        let took = Duration.microseconds(max(0, now.microseconds - began))
        look(at: now) { state in
            state.recent.append((now, took))
            if state.recent.count > Self.looks { state.recent.removeFirst() }
            if state.isStuckTold {
                state.isStuckTold = false
                logger.notice("the disk answers again", metadata: ["after": "\(took.shown)"])
            }
        }
    }

    /// What a start is told now.
    func admission(at now: Instant) -> Admission {
        let began = begunAt.load(ordering: .relaxed)
        // Another thread may have begun after this one looked at the clock.
        if began < now.microseconds, .microseconds(now.microseconds - began) >= stuck {
            tellStuck()
            return .stuck
        }
        guard isSlow.load(ordering: .relaxed) else { return .open }
        look(at: now) { _ in }
        return isSlow.load(ordering: .relaxed) ? .onlyExisting : .open
    }

    /// Why no saga is started; empty if they are.
    func slowness(at now: Instant) -> String {
        guard isSlow.load(ordering: .relaxed) else { return "" }
        var median = Duration.zero
        look(at: now) { median = Self.median($0.recent) }
        return isSlow.load(ordering: .relaxed)
            ? "half of the newest commits took \(median.shown) and more" : ""
    }

    private func tellStuck() {
        let isNew = state.withLock { state in
            defer { state.isStuckTold = true }
            return !state.isStuckTold
        }
        guard isNew else { return }
        logger.error(
            "the disk does not answer: nothing becomes durable, and no sagas are started",
            metadata: ["code": "disk_slow", "since": "\(stuck.shown)"])
    }

    /// Changes what is known, and draws the conclusion.
    private func look(at now: Instant, _ change: (inout State) -> Void) {
        state.withLock { state in
            change(&state)
            while let oldest = state.recent.first, oldest.endedAt + window < now {
                state.recent.removeFirst()
            }
            let median = Self.median(state.recent)
            // Once slow it is so until it is clearly faster, or until nothing was written for long.
            let isSlow =
                state.recent.count >= Self.leastLooks
                ? median >= (state.isSlow ? slow / 2 : slow)
                : state.isSlow && !state.recent.isEmpty
            guard isSlow != state.isSlow else { return }
            state.isSlow = isSlow
            self.isSlow.store(isSlow, ordering: .relaxed)
            if isSlow {
                logger.warning(
                    "the disk is slow: no sagas are started, those that are there go on",
                    metadata: [
                        "code": "disk_slow", "median": "\(median.shown)",
                        "limit": "\(slow.shown)",
                    ])
            } else {
                logger.notice("the disk is fast enough: sagas are started again")
            }
        }
    }

    private static func median(_ commits: Deque<(endedAt: Instant, took: Duration)>) -> Duration {
        let times = commits.map(\.took).sorted()
        return times.isEmpty ? .zero : times[times.count / 2]
    }
}

extension Duration {
    fileprivate var shown: String { "\(microseconds / 1_000) ms" }
}
