internal import SagaCoordinator
internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf

/// Reads the journal behind the coordinator, up to what is durable, and replays it in an engine of
/// its own, over all lives: what was durable once stays there, and replaying it gives the state
/// that the coordinator has.
final class JournalFollower {
    /// What the durable journal says.
    private(set) var engine: Engine
    /// What people said, as it says, and what they were told of that.
    var words = WordsOnRecord()
    /// The same in the naive model.
    let naive = NaiveSagas()
    private var life: FollowedLife?
    private var arena = DecodingArena(limit: 1 << 20)
    /// The last record that was read, and the checksum over all up to it.
    private var last = (position: JournalPosition.none, checksum: UInt32(0))
    /// The states of sagas that were stated anew since somebody took note of them.
    var restated: [SagaState] = []
    /// Sagas that records were about since the last comparison.
    private var touched: [JournalPosition] = []

    /// Gets each record; nil if nobody reads.
    private let tell: ((FollowedRecord) -> Void)?
    private let watcher: SimulatedWatcher?

    init(limits: Limits, watcher: SimulatedWatcher?, tell: ((FollowedRecord) -> Void)?) {
        self.watcher = watcher
        var limits = limits.engine
        limits.checksRestatements = true
        engine = Engine(limits: limits)
        self.tell = tell
    }

    /// A life has begun on what a crash has left; says what is wrong with that.
    func begin<Output>(_ coordinator: SteppedCoordinator<Output>, _ storage: MemoryStorage)
        -> String?
    {
        let lineage = JournalLineage(
            high: coordinator.life.lineage.high, low: coordinator.life.lineage.low)
        let durable = coordinator.durablePosition
        do throws(JournalFailure) {
            let life = try FollowedLife(JournalReader(storage, lineage: lineage, windowBytes: 4096))
            self.life = life
            if last.position > .none {
                guard try life.reader.place(at: last.position, durable: durable) else {
                    return "record \(last.position) was durable and is gone"
                }
                var found: UInt32?
                try life.reader.read(upTo: last.position) { header, _ in
                    found = header.checksum
                    return true
                }
                guard found == last.checksum else {
                    return "what was durable up to record \(last.position) has changed"
                }
            }
        } catch {
            return "the journal cannot be read: \(error)"
        }
        return follow(coordinator)
            ?? difference(coordinator) { $0.journaledDifference(from: $1) }
    }

    /// Reads on; says what is wrong.
    func follow<Output>(_ coordinator: SteppedCoordinator<Output>) -> String? {
        let durable = coordinator.durablePosition
        guard let life, durable > last.position else { return nil }
        var objection: String?
        touched.removeAll(keepingCapacity: true)
        do throws(JournalFailure) {
            try life.reader.read(upTo: durable) { header, payload in
                let record = try RecordCodec.decode(
                    type: header.type.rawValue, payload, arena: &arena)
                try engine.replay(record, at: header.position, saga: header.saga)
                last = (header.position, header.checksum)
                let item = FollowedRecord(
                    record: record, position: header.position, saga: header.saga,
                    continues: header.flags.contains(.continues))
                tell?(item)
                watcher?.onRecord(item)
                words.take(item)
                if case .sagaRestated(let saga) = record { restated.append(saga.state) }
                objection = objection ?? naive.take(item, engine)
                if header.saga != .none, touched.last != header.saga {
                    touched.append(header.saga)
                }
                return true
            }
        } catch {
            return "the journal cannot be read: \(error)"
        }
        if let objection { return objection }
        return difference(coordinator) { $0.journaledDifference(from: $1, of: touched) }
    }

    /// What the journal says otherwise than the coordinator, once all that it decided is durable.
    private func difference<Output>(
        _ coordinator: SteppedCoordinator<Output>,
        _ compare: (borrowing Engine, borrowing Engine) -> String?
    ) -> String? {
        let text: String? = coordinator.inspect { live in
            guard live.lastPosition == engine.lastPosition else { return nil }
            return compare(live, engine)
        }
        return text.map { "replaying the journal gives another state: \($0)" }
    }
}

/// A record of the journal.
struct FollowedRecord {
    let record: Record
    let position: JournalPosition
    /// The start record of the saga that it is about.
    let saga: JournalPosition
    /// Whether its group goes on.
    let continues: Bool
}

/// The reader of one life's journal.
private final class FollowedLife {
    var reader: JournalReader

    init(_ reader: consuming JournalReader) {
        self.reader = reader
    }
}
