internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf

/// Finds the records that state anew what the journal once said further back.
///
/// Sagas are found by their start records and definitions by those that registered them, all of
/// them positions that nothing else has. To be used by one thread at a time.
final class RestatedSearch {
    private var reader: JournalReader
    private var places: [JournalPosition: JournalPosition] = [:]
    private var arena = DecodingArena(limit: 1 << 26)
    private var searched = JournalPosition.none

    /// Begins at the oldest record.
    init(_ storage: any Storage, lineage: JournalLineage) throws(JournalFailure) {
        reader = try JournalReader(storage, lineage: lineage, windowBytes: 1 << 20)
    }

    /// The newest record that states something anew; nil if there is none.
    ///
    /// - Parameters:
    ///   - origin: the record that stated it first.
    ///   - durable: how far it may read.
    func find(
        _ origin: JournalPosition, _ durable: JournalPosition
    ) throws(JournalFailure) -> JournalPosition? {
        if searched < durable {
            try reader.read(upTo: durable) { frame, payload in
                if frame.type.rawValue == RecordCodec.sagaRestatedType {
                    places[frame.saga] = frame.position
                } else if frame.type.rawValue == RecordCodec.definitionRestatedType,
                    case .definitionRestated(let restated)? = try? RecordCodec.decode(
                        type: frame.type.rawValue, payload, arena: &arena)
                {
                    places[restated.position] = frame.position
                }
                return true
            }
            searched = durable
        }
        return places[origin]
    }
}
