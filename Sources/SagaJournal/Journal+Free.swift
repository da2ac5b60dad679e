package import SagaModel

/// A segment that nothing is written to any more.
package struct SealedSegment: Hashable, Sendable {
    /// Its number.
    package var number: UInt64
    /// The position of its last record.
    package var lastPosition: JournalPosition
    /// The size of its file in bytes.
    package var byteCount: Int
}

extension Journal {
    /// Frees the oldest segments: the manifest without them is made durable, then their files are
    /// deleted.
    ///
    /// It is for the caller to know that nobody needs a record of them any more, and that whatever
    /// stands in for these records is durable. Can be called again and again: what is under way
    /// goes on, and what has failed is tried anew. A failure is no end of the journal, since no
    /// file goes before the list without it is durable. The segments stay in `sealed` until they
    /// are off the list.
    ///
    /// - Parameter position: segments whose last record is at most this one go.
    package mutating func free(through position: JournalPosition) {
        settleFreed()
        // What is written is linked to the segment before it, which goes only behind that.
        guard segmentOffset > SegmentHeader.byteCount,
            let last = sealed.last(where: { $0.lastPosition <= position })
        else { return }
        freer.free(below: last.number + 1)
        settleFreed()
    }

    /// Takes note of what was freed meanwhile.
    package mutating func settleFreed() {
        guard let oldest = sealed.first, oldest.number < freer.freed else { return }
        let freed = freer.freed
        let kept = sealed.drop { $0.number < freed }
        statistics.freedSegments += sealed.count - kept.count
        if let last = sealed[..<kept.startIndex].last { oldestPosition = last.lastPosition.next }
        sealed = Array(kept)
    }

    /// Why segments could not be freed the last time, for people; nil if nothing is in the way.
    package var freeingFailure: String? { freer.failure.map { "\($0)" } }
}
