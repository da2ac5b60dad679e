internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf

/// Reads the journal up to what is durable, and makes batches for an archive of the sagas that have
/// ended.
///
/// It keeps the records of open sagas until these end, those that take long in the archive itself;
/// so it needs of the journal only what is behind `freeable`, and reading that again after a crash
/// gives the same. To be used by one thread.
struct ArchiveFollower: ~Copyable {
    private let archive: any SagaArchiving
    private let memoryBytes: Int
    private var records: JournalReader
    /// Goes back to definitions while `records` stays where it is.
    private var origins: JournalReader
    private var open = OpenSagas()
    private var fold: SagaFold
    private var arena: DecodingArena
    private var encoding = EncodingArena()
    /// Families whose root has ended in the group that is read.
    private var ending: [OpenSagas.Family] = []
    /// Starts of which nothing is known: records about them are passed over.
    private var unknown = RecentCache<JournalPosition, Bool>(capacity: 4_096)
    /// The life that wrote what is read.
    private var epoch: Epoch
    /// What the archive has.
    private(set) var committed: JournalPosition
    /// What has been read; always the end of a group once `read` returns.
    private(set) var position: JournalPosition
    /// What is to be committed next.
    private var batch = ArchiveBatch()
    /// The last record of the last whole group.
    private var groupEnd: JournalPosition

    /// An open saga that began so many records ago is kept by the archive.
    private let longestWait: UInt64
    /// The first record that is read; what ended before was seen by an earlier follower, or was
    /// freed.
    private var firstRead = JournalPosition.none

    /// Goes on where an archive stands.
    init(
        _ archive: any SagaArchiving, _ opening: ArchiveOpening, _ storage: any Storage,
        lineage: JournalLineage, durable: JournalPosition, limits: Limits
    ) throws(JournalFailure) {
        let records = try Self.reader(storage, lineage, behind: opening.freeable, durable)
        let origins = try JournalReader(storage, lineage: lineage)
        self.archive = archive
        self.records = records
        self.origins = origins
        memoryBytes = limits.archiveMemoryBytes
        longestWait = limits.archiveWait
        fold = SagaFold(limits: limits.engine)
        arena = DecodingArena(limit: limits.decodedBytes)
        committed = opening.committed
        epoch = opening.epoch
        position = opening.freeable
        groupEnd = opening.freeable
        freeable = opening.freeable
    }

    /// A reader that stands behind a record; or, if that was freed or is in the gap that a restore
    /// left, at the oldest that is kept.
    private static func reader(
        _ storage: any Storage, _ lineage: JournalLineage, behind position: JournalPosition,
        _ durable: JournalPosition
    ) throws(JournalFailure) -> JournalReader {
        if position > .none {
            var reader = try JournalReader(storage, lineage: lineage)
            if try reader.place(at: position, durable: durable) {
                try reader.read(upTo: position) { _, _ in true }
                return reader
            }
        }
        return try JournalReader(storage, lineage: lineage)
    }

    /// How many ended sagas wait to be committed, children not counted.
    var waiting: Int { batch.families.count }
    /// Bytes of their records, about.
    private(set) var waitingBytes = 0

    /// Reads on.
    ///
    /// - Returns: whether all that is durable has been read.
    mutating func read(
        upTo durable: JournalPosition, byteBudget: Int
    ) throws(ArchiveReadFailure) -> Bool {
        repeat {
            let before = position
            let piece = try readPiece(upTo: durable, byteBudget)
            do throws(ArchiveFailure) {
                for (frame, place) in piece.frames {
                    try take(frame, piece.bytes.span.extracting(place))
                }
            } catch {
                throw .archive(error)
            }
            if before == position { break }
            // What is durable ends with a group.
        } while groupEnd != position
        return position >= durable
    }

    private struct Piece {
        var frames: [(frame: FrameHeader, payload: Range<Int>)] = []
        var bytes: [UInt8] = []
    }

    private mutating func readPiece(
        upTo durable: JournalPosition, _ byteBudget: Int
    ) throws(ArchiveReadFailure) -> Piece {
        var piece = Piece()
        piece.bytes.reserveCapacity(byteBudget)
        do throws(JournalFailure) {
            try records.read(upTo: durable, byteBudget: byteBudget) { frame, payload in
                let start = piece.bytes.count
                piece.bytes.append(addingCapacity: payload.count) { output in
                    for index in payload.indices { output.append(payload[index]) }
                }
                piece.frames.append((frame, start..<piece.bytes.count))
                return true
            }
        } catch {
            throw .journal(error)
        }
        return piece
    }

    /// Commits what was read.
    mutating func commit() throws(ArchiveFailure) {
        let horizon = JournalPosition(
            groupEnd.rawValue > longestWait ? groupEnd.rawValue - longestWait : 0)
        batch.waiting += open.spill(toBytes: memoryBytes, andBefore: horizon)
        batch.committed = max(committed, groupEnd)
        let oldest = open.oldestRecord().map { $0.rawValue - 1 } ?? groupEnd.rawValue
        batch.freeable = max(freeable, JournalPosition(min(oldest, groupEnd.rawValue)))
        batch.epoch = open.oldestEpoch() ?? epoch
        try archive.commit(batch)
        committed = batch.committed
        freeable = batch.freeable
        batch = ArchiveBatch()
        waitingBytes = 0
    }

    /// No record up to this one is needed any more.
    private(set) var freeable = JournalPosition.none

    // MARK: - Records

    private mutating func take(
        _ frame: FrameHeader, _ payload: Span<UInt8>
    ) throws(ArchiveFailure) {
        position = frame.position
        if firstRead == .none { firstRead = frame.position }
        let type = frame.type.rawValue
        if type == RecordCodec.definitionType {
            register(frame.position, payload)
        } else if type == RecordCodec.lifeType {
            beginLife(payload)
        } else if type == RecordCodec.definitionRestatedType
            || type == RecordCodec.engineRestatedType
        {
            learn(type, payload)
        } else if type == RecordCodec.sagaRestatedType {
            try restate(frame, payload)
        } else if frame.saga != .none {
            if let family = try family(of: frame, payload) {
                open.append(
                    type: type, position: frame.position, saga: frame.saga, epoch: epoch, payload,
                    to: family)
                if type == RecordCodec.endType, frame.saga == family.root, !family.hasEnded {
                    family.hasEnded = true
                    ending.append(family)
                }
            } else if type == RecordCodec.endType, frame.position > committed {
                batch.missed += 1
            }
        }
        guard !frame.flags.contains(.continues) else { return }
        groupEnd = frame.position
        for family in ending { try complete(family) }
        ending.removeAll(keepingCapacity: true)
    }

    /// The family that a record is about; nil if nothing is known of it.
    private mutating func family(
        of frame: FrameHeader, _ payload: Span<UInt8>
    ) throws(ArchiveFailure) -> OpenSagas.Family? {
        guard frame.type.rawValue == RecordCodec.startType else {
            return try known(frame.saga)
        }
        guard RecordCodec.startMayNameOthers(payload) else {
            return open.find(frame.position) ?? open.add(frame.position)
        }
        guard
            case .sagaStarted(let started)? = try? RecordCodec.decode(
                type: frame.type.rawValue, payload, arena: &arena)
        else {
            unknown.insert(true, for: frame.position)
            return nil
        }
        if let old = started.replaces { batch.replacements.append((old, started.id)) }
        guard let parent = started.parent else {
            return open.find(frame.position) ?? open.add(frame.position)
        }
        guard let family = try known(parent.saga) else {
            unknown.insert(true, for: frame.position)
            return nil
        }
        open.add(frame.position, to: family)
        return family
    }

    private mutating func known(
        _ member: JournalPosition
    ) throws(ArchiveFailure) -> OpenSagas.Family? {
        if let family = open.find(member) { return family }
        if unknown.value(of: member) == true { return nil }
        if let waiting = try archive.waiting(member) { return open.add(waiting) }
        unknown.insert(true, for: member)
        return nil
    }

    private mutating func beginLife(_ payload: Span<UInt8>) {
        guard
            case .lifeBegan(let life)? = try? RecordCodec.decode(
                type: RecordCodec.lifeType, payload, arena: &arena)
        else { return }
        epoch = life.epoch
    }

    private mutating func register(_ position: JournalPosition, _ payload: Span<UInt8>) {
        guard
            case .definitionRegistered(let stored)? = try? RecordCodec.decode(
                type: RecordCodec.definitionType, payload, arena: &arena)
        else { return }
        fold.register(stored, at: position)
        batch.definitions.append(
            (
                position,
                Self.copy(payload)
            ))
    }

    /// What stands in for records that were freed: a definition, or the life that goes on.
    private mutating func learn(_ type: UInt16, _ payload: Span<UInt8>) {
        guard let record = try? RecordCodec.decode(type: type, payload, arena: &arena) else {
            return
        }
        if case .engineRestated(let engine) = record { epoch = engine.epoch }
        if case .definitionRestated(let restated) = record, !fold.knows(restated.position) {
            fold.register(restated.definition, at: restated.position)
            var bytes: [UInt8] = []
            RecordCodec.encode(
                .definitionRegistered(restated.definition), into: &bytes, arena: &encoding)
            batch.definitions.append((restated.position, bytes))
        }
    }

    /// A saga is stated anew. Of one that is known this says nothing new; one whose beginning was
    /// freed before this archive has read it is known from here on.
    private mutating func restate(
        _ frame: FrameHeader, _ payload: Span<UInt8>
    ) throws(ArchiveFailure) {
        guard try known(frame.saga) == nil,
            case .sagaRestated(let restated)? = try? RecordCodec.decode(
                type: frame.type.rawValue, payload, arena: &arena)
        else { return }
        // What has ended and was seen to is in the archive, or about to be.
        if restated.endedBy != .none, restated.endedBy <= committed || restated.endedBy >= firstRead
        {
            return
        }
        let family: OpenSagas.Family
        if let parent = restated.started.parent {
            guard let above = try known(parent.saga) else { return }
            family = above
            open.add(frame.saga, to: family)
        } else {
            family = open.add(frame.saga)
        }
        unknown.insert(false, for: frame.saga)
        open.append(
            type: frame.type.rawValue, position: frame.position, saga: frame.saga, epoch: epoch,
            payload, to: family)
        if restated.endedBy != .none, !family.hasEnded {
            family.hasEnded = true
            ending.append(family)
        }
    }

    private static func copy(_ payload: Span<UInt8>) -> [UInt8] {
        [UInt8](capacity: payload.count) { output in
            for index in payload.indices { output.append(payload[index]) }
        }
    }

    // MARK: - Ends

    private mutating func complete(_ family: OpenSagas.Family) throws(ArchiveFailure) {
        open.remove(family)
        var pieces = [family.bytes]
        if family.isWaiting { pieces += try archive.waiting(family.root)?.pieces ?? [] }
        // Read again after a crash: it is in the archive.
        guard groupEnd > committed else { return }
        let bytes = pieces.count == 1 ? family.bytes : HistoryRecord.joined(pieces) ?? family.bytes
        guard let sagas = try sagas(of: bytes) else {
            batch.missed += 1
            return
        }
        batch.families.append(
            ArchivedFamily(sagas: sagas.all, records: bytes, retention: sagas.retention))
        waitingBytes += bytes.count
    }

    /// What the records say of the sagas; nil if they do not say it.
    private mutating func sagas(
        of bytes: [UInt8]
    ) throws(ArchiveFailure) -> (all: [ArchivedSaga], retention: Duration?)? {
        guard let records = HistoryRecord.all(in: bytes) else { return nil }
        var items: [SagaFold.Item] = []
        items.reserveCapacity(records.count)
        for record in records where record.type != RecordCodec.keyType {
            let item = record.item(in: bytes, &arena)
            if case .sagaStarted(let started)? = item.record { try learnDefinitions(of: started) }
            if case .sagaRestated(let restated)? = item.record {
                try learnDefinitions(of: restated.started)
            }
            items.append(item)
        }
        guard let summaries = try? fold.summarize(items), let root = summaries.first else {
            return nil
        }
        return (summaries.map { ArchivedSaga($0) }, fold.retention(of: root.start))
    }

    private mutating func learnDefinitions(of started: SagaStarted) throws(ArchiveFailure) {
        for position in [started.definition] + started.children.map(\.definition)
        where position != .none && !fold.knows(position) {
            guard let bytes = try archive.definition(at: position) ?? origin(at: position),
                case .definitionRegistered(let stored)? = try? RecordCodec.decode(
                    type: RecordCodec.definitionType, bytes.span, arena: &arena)
            else { continue }
            fold.register(stored, at: position)
        }
    }

    /// A definition's record from further back in the journal, which the archive is given too.
    private mutating func origin(at position: JournalPosition) -> [UInt8]? {
        var bytes: [UInt8]?
        do throws(JournalFailure) {
            guard try origins.place(at: position, durable: self.position) else { return nil }
            try origins.read(upTo: self.position, byteBudget: 1) { frame, payload in
                bytes = Self.copy(payload)
                return true
            }
        } catch {
            return nil
        }
        if let bytes { batch.definitions.append((position, bytes)) }
        return bytes
    }
}

/// Why an archive cannot be written further.
enum ArchiveReadFailure: Error {
    case journal(JournalFailure)
    case archive(ArchiveFailure)
}
