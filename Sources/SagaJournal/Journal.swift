package import SagaModel
internal import SagaSystem

/// The write-ahead log of one engine: appends groups of records, and says when they are durable.
///
/// One writer, one directory. It never looks into a payload. A call that has thrown leaves it
/// refusing everything, because what reached the disk is unknown then.
package struct Journal: ~Copyable {
    private enum State {
        /// Everything so far went well. Can transition to: failed.
        case open
        /// A write or sync has failed; every call says so again.
        case failed(JournalFailure)
    }

    /// The identity of the journal over all its restores.
    package let lineage: JournalLineage
    /// What opening it found.
    package let recovered: RecoveryReport
    /// What was done since.
    package internal(set) var statistics = JournalStatistics()
    /// The segments before the one that is written, oldest first, but for those that were freed.
    package internal(set) var sealed: [SealedSegment]

    let storage: any Storage
    let preparer: SegmentPreparer
    let freer: SegmentFreer
    let settings: JournalSettings
    /// Whether the file system had no room for one more segment when it was last asked, and when it
    /// is asked again.
    var isForecastShort = false
    var nextForecast = Int64.min
    private var state = State.open
    private var segment: PreparedSegment
    private var salt: FrameSalt
    /// Where the next frame goes.
    private var offset: Int
    /// Where the frames of the segment before end.
    private var predecessorLength: Int
    private var chain: FrameChain
    /// The highest durable position that a written frame carries.
    private var marked: JournalPosition
    /// A LINK or MARK on its way, in memory that is used again.
    private var scratch: [UInt8] = []

    init(
        lineage: JournalLineage, recovered: RecoveryReport, sealed: [SealedSegment],
        tail: Recovery.Tail, storage: any Storage, preparer: SegmentPreparer, freer: SegmentFreer,
        settings: JournalSettings
    ) {
        self.lineage = lineage
        self.recovered = recovered
        self.storage = storage
        self.sealed = sealed
        oldestPosition = recovered.oldestPosition
        self.preparer = preparer
        self.freer = freer
        self.settings = settings
        segment = tail.segment
        salt = FrameSalt(tail.segment.salt)
        offset = tail.offset
        predecessorLength = tail.predecessorLength
        chain = tail.chain
        marked = tail.marked
        if offset > SegmentHeader.byteCount { preparer.begin() }
    }

    deinit {
        freer.stop()
        preparer.stop()
        storage.unlock()
    }

    /// The position of the last record; all that is written is durable too.
    package var lastPosition: JournalPosition { chain.position }

    /// The highest position that is durable.
    package var durablePosition: JournalPosition { chain.position }

    /// The checksum of the last frame, which goes over those of all before.
    package var lastChecksum: UInt32 { chain.checksum }

    /// Bytes of all segment files: those that are kept, the one that is written, and the next.
    package var byteCount: Int {
        sealed.reduce(segment.byteCount + settings.limits.segmentBytes) { $0 + $1.byteCount }
    }

    /// The position that the oldest record that is kept has at least.
    package internal(set) var oldestPosition: JournalPosition

    /// The number of the segment that is written.
    package var segmentNumber: UInt64 { segment.number }

    /// Where in that segment the next frame goes, in bytes.
    package var segmentOffset: Int { offset }

    /// Writes all groups of the batch, makes them durable, empties it; gives the durable position.
    ///
    /// One write and one fdatasync, unless a segment ends in between. Lack of room is a failure;
    /// whoever can wait calls `commitWhatFits`.
    package mutating func commit(
        _ batch: inout FrameBatch
    ) throws(JournalFailure) -> JournalPosition {
        _ = try commitWhatFits(&batch)
        guard !batch.isEmpty else { return durablePosition }
        preparer.retry()
        _ = try commitWhatFits(&batch)
        guard let failure = preparer.shortage, !batch.isEmpty else { return durablePosition }
        throw fail(.diskFull(path: storage.location, failure))
    }

    /// Writes the groups of the batch that there is room for, makes them durable and takes them out
    /// of it; gives the durable position.
    ///
    /// What is left, if anything, waits for a segment that cannot be made for lack of room; the
    /// call that comes when it could be made writes it.
    package mutating func commitWhatFits(
        _ batch: inout FrameBatch
    ) throws(JournalFailure) -> JournalPosition {
        try checkState()
        guard !batch.isEmpty else { return durablePosition }
        precondition(
            batch.groupEnds.last == batch.byteCount, "the last group of the batch has not ended")
        precondition(
            batch.first == chain.position.next
                || (batch.firstMayLeap && chain.leaps(to: batch.first)),
            "record \(batch.first.rawValue) behind \(chain.position.rawValue)")
        var written = 0
        var groups = 0
        while written < batch.byteCount, let end = try makeRoom(batch, written, &groups) {
            try write(&batch, written..<end)
            written = end
        }
        if written > 0 {
            statistics.batches += 1
            statistics.batchBytes.count(Int64(written))
        }
        batch.removeFirst(written, behind: chain.position)
        return durablePosition
    }

    /// Appends a frame that says that all records are durable, and syncs it; nothing if one does.
    ///
    /// Without it, damage to the last records could not be told from a torn write. To be called
    /// when nothing was committed for some 5 ms, and at the end.
    package mutating func mark() throws(JournalFailure) {
        try checkState()
        guard marked < durablePosition, offset + FrameHeader.byteCount <= segment.byteCount else {
            return
        }
        scratch.removeAll(keepingCapacity: true)
        appendZeros(FrameHeader.byteCount, to: &scratch)
        finishFrame(&scratch, at: 0, .mark, [], chain.position, .none)
        let sum = sealScratch()
        let frame = scratch
        try writeAndSync(frame.span)
        advance(by: frame.count, FrameChain(position: chain.position, checksum: sum))
    }

    /// Takes the mark of a backup away, once the record of the restored life is durable.
    ///
    /// So a crash leaves either the copy as it was, or a restored one; in between it has both, and
    /// is restored once more, which does no harm. Without a mark there is nothing to do.
    package mutating func removeBackupMark() throws(JournalFailure) {
        try checkState()
        precondition(settings.isRestored, "the journal was not opened to be restored")
        do throws(SystemFailure) {
            guard try storage.list().contains(BackupMark.name) else { return }
            try storage.remove(BackupMark.name)
            try storage.syncDirectory()
        } catch {
            throw fail(JournalFailure(error, in: storage.location))
        }
    }

    // MARK: - Writing

    /// Gives the end of what goes into the current segment next, after a new one if need be; nil if
    /// there is no room for a new one.
    private mutating func makeRoom(
        _ batch: borrowing FrameBatch, _ written: Int, _ groups: inout Int
    ) throws(JournalFailure) -> Int? {
        let rest = batch.byteCount - written
        if rest <= room { return batch.byteCount }
        // A batch that fits an empty segment is not split: it costs one sync there as here.
        let largest = settings.limits.largestGroupBytes
        if rest <= largest, try rotate(), rest <= room { return batch.byteCount }
        if batch.groupEnds[groups] - written > room {
            guard try rotate() else { return nil }
        }
        precondition(
            batch.groupEnds[groups] - written <= room,
            "a group over \(room) bytes in segments of \(segment.byteCount)"
        )
        var end = written
        while groups < batch.groupEnds.count, batch.groupEnds[groups] - written <= room {
            end = batch.groupEnds[groups]
            groups += 1
        }
        return end
    }

    /// Bytes that records may still take in this segment; a MARK must fit behind them.
    var room: Int {
        let link = offset == SegmentHeader.byteCount ? LinkFrame.byteCount : 0
        return segment.byteCount - offset - link - FrameHeader.byteCount
    }

    private mutating func write(
        _ batch: inout FrameBatch, _ range: Range<Int>
    ) throws(JournalFailure) {
        var linkBytes = 0
        var before = chain
        if offset == SegmentHeader.byteCount {
            let first = range.lowerBound == 0 ? batch.first : chain.position.next
            scratch.removeAll(keepingCapacity: true)
            LinkFrame(
                firstPosition: first, predecessor: chain, predecessorLength: predecessorLength
            ).append(to: &scratch)
            before.checksum = sealScratch()
            linkBytes = scratch.count
        }
        let durable =
            PlantedBug.marksTooEarly.isPlanted ? batch.chain.position : durablePosition
        let sealed = batch.seal(range, salt: salt, durable: durable, after: before)
        if linkBytes == 0 {
            try writeAndSync(batch.bytes.span.extracting(range))
        } else {
            // Once a segment: LINK and records in one write cost a copy.
            var joined = scratch
            joined.append(contentsOf: batch.bytes[range])
            try writeAndSync(joined.span)
        }
        statistics.records += sealed.records
        advance(by: linkBytes + range.count, sealed.chain)
        if linkBytes > 0 { preparer.begin() }
    }

    /// Seals the one frame in `scratch` behind the last one.
    private mutating func sealScratch() -> UInt32 {
        let (salt, chain) = (salt, chain)
        var span = scratch.mutableSpan
        return salt.seal(
            &span, at: 0, previousChecksum: chain.checksum, durablePosition: chain.position
        ).checksum
    }

    private mutating func advance(by count: Int, _ chain: FrameChain) {
        marked = max(marked, durablePosition)
        offset += count
        self.chain = chain
    }

    /// Writes at the end and syncs; a failure of either is the end of this journal.
    private mutating func writeAndSync(_ bytes: Span<UInt8>) throws(JournalFailure) {
        let start = settings.microseconds()
        do throws(SystemFailure) {
            try segment.file.write(bytes, at: offset)
            if !PlantedBug.acknowledgesBeforeSync.isPlanted { try segment.file.syncData() }
        } catch {
            throw fail(.inputOutput(error))
        }
        statistics.countSync(bytes: bytes.count, microseconds: settings.microseconds() - start)
    }

    /// Goes on in the next segment; false if there is no room for one.
    private mutating func rotate() throws(JournalFailure) -> Bool {
        let taken: PreparedSegment?
        do throws(SystemFailure) {
            taken = try preparer.take()
        } catch {
            throw fail(.inputOutput(error))
        }
        guard let next = taken else { return false }
        sealed.append(
            SealedSegment(
                number: segment.number, lastPosition: chain.position,
                byteCount: segment.byteCount))
        predecessorLength = offset
        segment = next
        salt = FrameSalt(next.salt)
        offset = SegmentHeader.byteCount
        statistics.rotations += 1
        return true
    }

    private mutating func fail(_ failure: JournalFailure) -> JournalFailure {
        state = .failed(failure)
        return failure
    }

    private func checkState() throws(JournalFailure) {
        switch state {
        case .open: return
        case .failed(let failure): throw failure
        }
    }
}
