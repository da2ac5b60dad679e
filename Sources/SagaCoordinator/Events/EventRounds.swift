internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf

/// Reads the journal for all watchers, a piece at a time for one place after the other.
///
/// Watchers at the same place share what is read and packed, and who lags catches up with those
/// ahead at the very place where they are; so at the end of the journal, where nearly all of them
/// wait, every record is read once. One whose messages are not taken is passed over: it costs no
/// reading, and no memory beyond its cap. To be used by one thread.
struct EventRounds: ~Copyable {
    /// A watcher and the place up to which it has been told everything.
    private struct Reading {
        let watch: EventWatch
        var cursor: RecordCursor
        /// The record of the last cursor that it was given.
        var told: JournalPosition
    }

    /// About how many bytes of the journal are read for one place before it is another's turn.
    private static let pieceBytes = 64 << 10
    /// After so many records of which nothing is told to a watcher it is given a cursor.
    static let silentRecords: UInt64 = 1_024

    private let storage: any Storage
    private let lineage: JournalLineage
    private let decodedBytes: Int
    private let failed: (JournalFailure) -> Void
    /// Open while somebody watches.
    private var reader: EventReader?
    private var readings: [Reading] = []
    /// Whose turn it is.
    private var turn = 0
    private var arena = EncodingArena(chunk: 4 << 10)

    /// Makes rounds that nobody takes part in; nothing is opened before somebody does.
    ///
    /// - Parameters:
    ///   - decodedBytes: the most that one record may take decoded.
    ///   - failed: told of a journal that cannot be read.
    init(
        _ storage: any Storage, lineage: JournalLineage, decodedBytes: Int,
        failed: @escaping (JournalFailure) -> Void
    ) {
        self.storage = storage
        self.lineage = lineage
        self.decodedBytes = decodedBytes
        self.failed = failed
    }

    /// Takes a watcher in, and tells it where it is.
    mutating func join(_ watch: EventWatch, durable: JournalPosition) {
        do throws(JournalFailure) {
            guard let cursor = try place(watch.start, durable) else {
                return watch.end(.notACursor)
            }
            guard
                try withReader({ reader throws(JournalFailure) in
                    try reader.go(to: cursor, durable: durable)
                })
            else { return watch.end(outOfRange(cursor, durable)) }
            readings.append(Reading(watch: watch, cursor: cursor, told: cursor.position))
            tellPlace(readings.count - 1)
        } catch {
            failed(error)
            watch.end(.unreadable(error))
        }
    }

    /// Reads one piece, for whoever's turn it is.
    ///
    /// - Returns: false if there was nothing to do.
    mutating func round(_ durable: JournalPosition) -> Bool {
        readings.removeAll { $0.watch.isOver }
        guard let place = nextDue(durable) else {
            // The caches of a reader are worth keeping as long as somebody waits for more.
            if readings.isEmpty { reader = nil }
            return false
        }
        let start = readings[place].cursor
        turn = place + 1
        do throws(JournalFailure) {
            let meeting = meetingPlace(behind: start, durable)
            let read = try withReader { reader throws(JournalFailure) -> ReadPiece? in
                let isThere =
                    if reader.cursor == start { true } else {
                        try reader.go(to: start, durable: durable)
                    }
                guard isThere
                else { return nil }
                let found = try reader.read(upTo: meeting, byteBudget: Self.pieceBytes).found
                return ReadPiece(found: found, end: reader.cursor)
            }
            if let read {
                tell(read, from: start)
            } else {
                end(at: start, outOfRange(start, durable))
            }
        } catch {
            if case .missingSegment = error {
                end(at: start, outOfRange(start, durable))
            } else {
                failed(error)
                end(at: start, .unreadable(error))
            }
        }
        return true
    }

    /// Whether somebody has been told all that is durable, and waits for more.
    func isAwaiting(_ durable: JournalPosition) -> Bool {
        readings.contains { $0.watch.takesMessages && !Self.isDue($0.cursor, durable) }
    }

    /// Tells all watchers why there is no more.
    mutating func end(_ refusal: Refusal) {
        for reading in readings { reading.watch.end(refusal) }
        readings.removeAll()
        reader = nil
    }

    // MARK: - Places

    private struct ReadPiece {
        var found: [FoundEvent]
        var end: RecordCursor
    }

    private static func isDue(_ cursor: RecordCursor, _ durable: JournalPosition) -> Bool {
        cursor != .behind(durable, of: cursor.lineage) && cursor.position <= durable
    }

    private mutating func nextDue(_ durable: JournalPosition) -> Int? {
        for offset in readings.indices {
            let place = (turn + offset) % readings.count
            let reading = readings[place]
            if Self.isDue(reading.cursor, durable), reading.watch.takesMessages { return place }
        }
        return nil
    }

    /// Where those who read on from a place meet the next ones ahead of them.
    private func meetingPlace(
        behind start: RecordCursor, _ durable: JournalPosition
    ) -> JournalPosition {
        var nearest = durable
        for reading in readings
        where reading.cursor.position > start.position && reading.cursor.position < nearest
            && reading.watch.takesMessages
        {
            nearest = reading.cursor.position
        }
        return nearest
    }

    /// Where a watcher begins; nil for a cursor that nobody gave it.
    private mutating func place(
        _ start: EventWatch.Start, _ durable: JournalPosition
    ) throws(JournalFailure) -> RecordCursor? {
        switch start {
        case .behind(let position): .behind(position, of: lineage)
        case .oldest: try oldest(durable)
        case .after(let cursor): RecordCursor(cursor.bytes.span)
        }
    }

    private mutating func oldest(
        _ durable: JournalPosition
    ) throws(JournalFailure) -> RecordCursor {
        try withReader { reader throws(JournalFailure) in try reader.oldest(durable: durable) }
    }

    private mutating func outOfRange(
        _ cursor: RecordCursor, _ durable: JournalPosition
    ) -> Refusal {
        let why =
            if cursor.lineage != lineage {
                "the cursor is of another journal"
            } else if cursor.position > durable {
                "the cursor is ahead of this journal, as after the restore of a backup"
            } else {
                "what follows the cursor is not kept any more, or was lost before a restore"
            }
        guard let oldest = try? oldest(durable) else {
            return Refusal(.outOfRange, reason: "CURSOR_OUT_OF_RANGE", why)
        }
        let first = EventCursor(oldest)
        return Refusal(
            .outOfRange, reason: "CURSOR_OUT_OF_RANGE", "\(why); the oldest one is \(first)",
            oldestCursor: first)
    }

    /// Lends the reader; one that has failed is not used again.
    private mutating func withReader<Result>(
        _ body: (inout EventReader) throws(JournalFailure) -> Result
    ) throws(JournalFailure) -> Result {
        guard var open = reader.take() else {
            var fresh = try EventReader(storage, lineage: lineage, decodedBytes: decodedBytes)
            let result = try body(&fresh)
            reader = consume fresh
            return result
        }
        let result = try body(&open)
        reader = consume open
        return result
    }

    // MARK: - Telling

    /// Tells what was read to all who are where it begins.
    private mutating func tell(_ piece: ReadPiece, from start: RecordCursor) {
        var packed = [[UInt8]?](repeating: nil, count: piece.found.count)
        for place in readings.indices
        where readings[place].cursor == start && readings[place].watch.takesMessages {
            var end = piece.end
            var told: JournalPosition?
            for (index, found) in piece.found.enumerated()
            where readings[place].watch.filter.takes(found) {
                let message = packed[index] ?? pack(found)
                packed[index] = message
                guard case .taken = readings[place].watch.offer(message) else {
                    end = index == 0 ? start : piece.found[index - 1].cursor
                    break
                }
                told = found.cursor.position
            }
            readings[place].cursor = end
            if let told { readings[place].told = told }
            if end.position.rawValue - readings[place].told.rawValue >= Self.silentRecords {
                tellPlace(place)
            }
        }
    }

    /// Gives a watcher the cursor of where it is, if there is room.
    private mutating func tellPlace(_ place: Int) {
        let cursor = readings[place].cursor
        let message = pack(WatchAnswer(cursor: EventCursor(cursor)))
        guard case .taken = readings[place].watch.offer(message) else { return }
        readings[place].told = cursor.position
    }

    private mutating func pack(_ found: FoundEvent) -> [UInt8] {
        switch found {
        case .told(let told): pack(WatchAnswer(event: told.shown, cursor: EventCursor(told.cursor)))
        case .unreadable(let records, let cursor):
            pack(WatchAnswer(cursor: EventCursor(cursor), unreadableRecords: records))
        }
    }

    private mutating func pack(_ answer: WatchAnswer) -> [UInt8] {
        var bytes: [UInt8] = []
        SagaServiceCodec.encodeWatchEvents(answer, into: &bytes, arena: &arena)
        return bytes
    }

    private mutating func end(at cursor: RecordCursor, _ refusal: Refusal) {
        for reading in readings where reading.cursor == cursor { reading.watch.end(refusal) }
    }
}

extension EventCursor {
    /// The cursor as it is given to watchers.
    init(_ cursor: RecordCursor) { self.init(bytes: cursor.encoded()) }
}

extension Refusal {
    fileprivate static let notACursor = Refusal(
        .invalidArgument, reason: "INVALID_ARGUMENT", "cursor is not one that a coordinator gave",
        violations: [.init(field: "cursor", description: "is not one that a coordinator gave")])

    fileprivate static func unreadable(_ failure: JournalFailure) -> Refusal {
        Refusal(
            .internal, reason: "JOURNAL_UNREADABLE",
            "the journal cannot be read: \(failure.message)")
    }
}
