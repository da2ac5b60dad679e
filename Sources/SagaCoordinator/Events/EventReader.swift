internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf

/// Reads what happened from the journal, with the names that stand in the starts of the sagas.
///
/// What cannot be read of a saga never keeps anybody from reading on; see
/// ``FoundEvent/unreadable(records:cursor:)``.
///
/// It never asks the engine: nobody who follows events costs those who run sagas anything but the
/// reads of the disk's cache. To be used by one thread at a time.
struct EventReader: ~Copyable {
    /// How many starts are kept; about 500 bytes each.
    private static let sagasKept = 4_096
    /// How many definitions are kept.
    private static let definitionsKept = 256

    /// A record as it was read; nil for one that cannot be, whose saga is set aside.
    private struct Found {
        var record: Record?
        var position: JournalPosition
        var saga: JournalPosition
    }

    /// The journal that is read.
    let lineage: JournalLineage
    private let decodedBytes: Int
    private var records: JournalReader
    /// Goes back to starts and definitions while `records` stays where it is.
    private var origins: JournalReader
    /// By the positions of their starts; nil for a start that cannot be read.
    private var sagas = RecentCache<JournalPosition, WatchedSaga?>(capacity: sagasKept)
    private var definitions = RecentCache<JournalPosition, WatchedDefinition>(
        capacity: definitionsKept)
    /// Finds what was freed where it is stated anew; nil until something is missed.
    private var search: RestatedSearch?
    private let storage: any Storage
    /// Where it stands: reading on gives what is behind this place.
    private(set) var cursor: RecordCursor

    /// Opens the journal, and stands before its oldest event.
    ///
    /// - Parameter decodedBytes: the most that one record may take decoded.
    init(
        _ storage: any Storage, lineage: JournalLineage, decodedBytes: Int
    ) throws(JournalFailure) {
        let records = try JournalReader(storage, lineage: lineage)
        let origins = try JournalReader(storage, lineage: lineage)
        self.storage = storage
        self.records = records
        self.origins = origins
        self.lineage = lineage
        self.decodedBytes = decodedBytes
        cursor = RecordCursor(lineage: lineage, position: .none, index: 0)
    }

    /// The place before the oldest event that is kept.
    func oldest(durable: JournalPosition) throws(JournalFailure) -> RecordCursor {
        let position = try records.oldest(durable: durable) ?? .none
        return RecordCursor(lineage: lineage, position: position, index: 0)
    }

    /// Goes to a place.
    ///
    /// - Returns: false if it is in another journal, in a gap, below what is kept or not there yet.
    mutating func go(
        to cursor: RecordCursor, durable: JournalPosition
    ) throws(JournalFailure) -> Bool {
        guard cursor.lineage == lineage else { return false }
        do throws(JournalFailure) {
            guard try records.place(at: cursor.position, durable: durable) else { return false }
        } catch {
            if case .missingSegment = error { return false }
            throw error
        }
        self.cursor = cursor
        return true
    }

    /// Reads on.
    ///
    /// - Parameters:
    ///   - durable: how far it may read.
    ///   - byteBudget: about how many bytes of the journal it reads at most.
    /// - Returns: what happened, in order, and whether it has read all that is durable.
    mutating func read(
        upTo durable: JournalPosition, byteBudget: Int
    ) throws(JournalFailure) -> (found: [FoundEvent], isAtEnd: Bool) {
        var all: [FoundEvent] = []
        for found in try readRecords(upTo: durable, byteBudget) {
            let skipped = found.position == cursor.position ? Int(cursor.index) : 0
            cursor = .behind(found.position, of: lineage)
            guard let told = found.record?.events else {
                if skipped == 0, found.saga != .none { all.appendUnreadable(cursor) }
                continue
            }
            guard told.count > skipped else { continue }
            guard let saga = try saga(startedBy: found, durable) else {
                all.appendUnreadable(cursor)
                continue
            }
            for (index, event) in told.enumerated().dropFirst(skipped) {
                let next = RecordCursor(
                    lineage: lineage, position: found.position, index: UInt32(index + 1))
                all.append(
                    .told(
                        ToldEvent(saga: saga, event: event, position: found.position, cursor: next))
                )
            }
        }
        return (all, cursor.position >= durable)
    }

    private mutating func readRecords(
        upTo durable: JournalPosition, _ byteBudget: Int
    ) throws(JournalFailure) -> [Found] {
        var found: [Found] = []
        var arena = DecodingArena(limit: decodedBytes)
        try records.read(upTo: durable, byteBudget: byteBudget) { frame, payload in
            let record = Self.decode(frame, payload, &arena)
            found.append(Found(record: record, position: frame.position, saga: frame.saga))
            return true
        }
        return found
    }

    /// Reads a record; nil if the bytes are none.
    private static func decode(
        _ frame: FrameHeader, _ payload: Span<UInt8>, _ arena: inout DecodingArena
    ) -> Record? {
        try? RecordCodec.decode(type: frame.type.rawValue, payload, arena: &arena)
    }

    // MARK: - Starts

    private mutating func saga(
        startedBy found: Found, _ durable: JournalPosition
    ) throws(JournalFailure) -> WatchedSaga? {
        if let known = sagas.value(of: found.saga) { return known }
        var record = found.record
        if case .sagaStarted = record {} else { record = try origin(at: found.saga, durable) }
        if record == nil { record = try restated(found.saga, durable) }
        let saga = try record.flatMap { record throws(JournalFailure) in
            try watched(record, durable)
        }
        sagas.insert(saga, for: found.saga)
        return saga
    }

    private mutating func watched(
        _ record: Record, _ durable: JournalPosition
    ) throws(JournalFailure) -> WatchedSaga? {
        let started: SagaStarted
        if case .sagaStarted(let start) = record {
            started = start
        } else if case .sagaRestated(let saga) = record {
            started = saga.started
        } else {
            return nil
        }
        if let inline = started.inline {
            return WatchedSaga(
                started, WatchedDefinition(namespace: inline.namespace, inline.filled))
        }
        return try definition(at: started.definition, durable).map { WatchedSaga(started, $0) }
    }

    private mutating func definition(
        at position: JournalPosition, _ durable: JournalPosition
    ) throws(JournalFailure) -> WatchedDefinition? {
        if let known = definitions.value(of: position) { return known }
        let stored: DefinitionRegistered
        if case .definitionRegistered(let own) = try origin(at: position, durable) {
            stored = own
        } else if case .definitionRestated(let again) = try restated(position, durable) {
            stored = again.definition
        } else {
            return nil
        }
        let definition = WatchedDefinition(namespace: stored.namespace, stored.filled)
        definitions.insert(definition, for: position)
        return definition
    }

    /// What stands in for a record that was freed; nil if that of which it was is gone.
    ///
    /// It stands anywhere behind: the first that is missed has the whole journal looked through,
    /// once, and each further one what was written since.
    private mutating func restated(
        _ start: JournalPosition, _ durable: JournalPosition
    ) throws(JournalFailure) -> Record? {
        if try origins.oldest(durable: durable).map({ start >= $0 }) ?? true { return nil }
        if search == nil { search = try RestatedSearch(storage, lineage: lineage) }
        guard let position = try search?.find(start, durable) else { return nil }
        return try origin(at: position, durable)
    }

    /// One record from further back; nil if it is not there or cannot be read.
    private mutating func origin(
        at position: JournalPosition, _ durable: JournalPosition
    ) throws(JournalFailure) -> Record? {
        var record: Record?
        var arena = DecodingArena(limit: decodedBytes)
        do throws(JournalFailure) {
            guard try origins.place(at: position, durable: durable) else { return nil }
            try origins.read(upTo: durable, byteBudget: 1) { frame, payload in
                record = Self.decode(frame, payload, &arena)
                return true
            }
        } catch {
            if case .missingSegment = error { return nil }
            throw error
        }
        return record
    }
}

extension [FoundEvent] {
    /// Counts one more record that tells nothing.
    fileprivate mutating func appendUnreadable(_ cursor: RecordCursor) {
        guard case .unreadable(let records, _) = last else {
            append(.unreadable(records: 1, cursor: cursor))
            return
        }
        self[count - 1] = .unreadable(records: records + 1, cursor: cursor)
    }
}
