internal import SagaJournal
internal import SagaModel

/// Decides in the turns of the engine whether the oldest segments of the journal go, and whether
/// what lives is stated anew so that they can.
///
/// A segment goes when nothing needs it: no replay, no archive, no copy that is being made; and it
/// is older than watchers may ask for, or the journal is larger than it should be. Stating anew
/// begins when the journal has more than `events.bytes` and twice what lives, or when space is
/// short: so all that is written for it is at most as much as what else is written. What it says
/// is followed in the same turn or the next one; it never waits for anything.
struct FreeingPolicy {
    /// What is known of the journal and the engine after a commit.
    struct Standing {
        /// The segments that nothing is written to any more, oldest first.
        var sealed: [SealedSegment]
        /// Bytes of all segment files.
        var bytes: Int
        /// No record before this one is needed by a replay.
        var needed: JournalPosition
        /// How many records have stated something anew in this life.
        var restated: UInt64
        /// About how many bytes what lives takes.
        var liveBytes: Int
        /// No record up to this one is needed by anybody else.
        var unheld: JournalPosition
        /// Whether the disk has little space left.
        var isSpaceShort: Bool
    }

    /// What is to be done.
    enum Step: Equatable {
        /// Nothing.
        case none
        /// All segments that end with this record or an earlier one go.
        case free(through: JournalPosition)
        /// What was stated before is stated anew, for the records up to this one to go.
        case restate(upTo: JournalPosition)
    }

    private let retention: Duration
    private let bytes: Int
    private let pace: Duration
    private let liveShare: Int
    /// How long it rests when stating anew leads nowhere.
    private static let rest = Duration.seconds(10)
    /// When each segment was first seen to be sealed.
    private var seen: [UInt64: Instant] = [:]
    private var lookAt = Instant(microseconds: .min)
    /// How it stood when something was last to be stated anew; nil if nothing is.
    private var before: Progress?

    private struct Progress: Equatable {
        var needed: JournalPosition
        var restated: UInt64
    }

    init(_ limits: Limits) {
        retention = limits.eventsRetention
        bytes = limits.eventsBytes
        pace = limits.freeingPace
        liveShare = limits.liveShare
    }

    /// Whether it is time to look.
    func isDue(_ now: Instant) -> Bool { before != nil || now >= lookAt }

    /// Says what is to be done.
    mutating func next(_ standing: Standing, now: Instant) -> Step {
        lookAt = now + pace
        guard let oldest = standing.sealed.first else { return rest(until: lookAt) }
        seen = seen.filter { $0.key >= oldest.number }
        for segment in standing.sealed where seen[segment.number] == nil {
            seen[segment.number] = now
        }
        guard mayGo(oldest, standing, ofBytes: standing.bytes, now) else {
            return rest(until: lookAt)
        }
        if standing.needed > oldest.lastPosition {
            _ = rest(until: lookAt)
            return .free(through: lastToGo(standing, now))
        }
        let isLarge = standing.bytes > bytes + liveShare * standing.liveBytes
        guard isLarge || standing.isSpaceShort else { return rest(until: lookAt) }
        // A saga that is set aside, or larger than a group, keeps all records behind it.
        let progress = Progress(needed: standing.needed, restated: standing.restated)
        guard before != progress else { return rest(until: now + Self.rest) }
        before = progress
        return .restate(upTo: oldest.lastPosition)
    }

    private mutating func rest(until instant: Instant) -> Step {
        before = nil
        lookAt = instant
        return .none
    }

    private func mayGo(
        _ segment: SealedSegment, _ standing: Standing, ofBytes bytes: Int, _ now: Instant
    ) -> Bool {
        guard segment.lastPosition <= standing.unheld else { return false }
        let isOld = seen[segment.number].map { $0 + retention <= now } ?? false
        return bytes > self.bytes || isOld || standing.isSpaceShort
    }

    /// The end of the last segment that may go.
    private func lastToGo(_ standing: Standing, _ now: Instant) -> JournalPosition {
        var bytes = standing.bytes
        var last = JournalPosition.none
        for segment in standing.sealed {
            guard segment.lastPosition < standing.needed,
                mayGo(segment, standing, ofBytes: bytes, now)
            else { break }
            last = segment.lastPosition
            bytes -= segment.byteCount
        }
        return last
    }
}
