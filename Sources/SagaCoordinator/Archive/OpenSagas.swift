internal import DequeModule
internal import SagaModel

/// The records of sagas that have not ended, each with those of its children, while the journal is
/// read on.
struct OpenSagas {
    /// A root saga with its children.
    final class Family {
        let root: JournalPosition
        /// The starts of all that belong to it.
        var members: [JournalPosition]
        /// Records that only memory has.
        var bytes: [UInt8] = []
        /// The first of them; none if there are none.
        var first = JournalPosition.none
        /// The life that wrote it.
        var firstEpoch = Epoch.none
        /// Whether the archive keeps records of it.
        let isWaiting: Bool
        /// Whether the root has ended.
        var hasEnded = false
        /// Whether its place in the line still counts.
        var isHeld = true

        init(root: JournalPosition, members: [JournalPosition], isWaiting: Bool) {
            self.root = root
            self.members = members
            self.isWaiting = isWaiting
        }
    }

    private var families: [JournalPosition: Family] = [:]
    /// Those with records in memory, in the order of the first of them.
    private var line: Deque<Family> = []
    /// Bytes of records in memory.
    private(set) var bytes = 0

    /// The family of a saga.
    func find(_ member: JournalPosition) -> Family? { families[member] }

    /// A root starts.
    mutating func add(_ root: JournalPosition) -> Family {
        let family = Family(root: root, members: [root], isWaiting: false)
        families[root] = family
        return family
    }

    /// The archive keeps records of a family, of which another one has come.
    mutating func add(_ waiting: WaitingRecords) -> Family {
        let family = Family(root: waiting.root, members: waiting.members, isWaiting: true)
        for member in family.members { families[member] = family }
        return family
    }

    /// A child starts.
    mutating func add(_ child: JournalPosition, to family: Family) {
        // It may be known: what follows a crash is read again.
        guard families.updateValue(family, forKey: child) == nil else { return }
        family.members.append(child)
    }

    /// Keeps a record.
    mutating func append(
        type: UInt16, position: JournalPosition, saga: JournalPosition, epoch: Epoch,
        _ payload: Span<UInt8>, to family: Family
    ) {
        if family.first == .none {
            family.first = position
            family.firstEpoch = epoch
            line.append(family)
        }
        let before = family.bytes.count
        HistoryRecord.append(
            type: type, position: position, saga: saga, epoch: epoch, payload, to: &family.bytes)
        bytes += family.bytes.count - before
    }

    /// Forgets a family.
    mutating func remove(_ family: Family) {
        for member in family.members { families[member] = nil }
        family.isHeld = false
        bytes -= family.bytes.count
    }

    /// The first record that only memory has; nil if there is none.
    mutating func oldestRecord() -> JournalPosition? {
        while let first = line.first, !first.isHeld { line.removeFirst() }
        return line.first?.first
    }

    /// The life that wrote the first record that only memory has; nil if there is none.
    mutating func oldestEpoch() -> Epoch? { oldestRecord() == nil ? nil : line.first?.firstEpoch }

    /// Takes out the families that have waited longest, to be kept by the archive.
    ///
    /// - Parameters:
    ///   - limit: until at most so many bytes are left.
    ///   - position: and all that begin before this record.
    mutating func spill(
        toBytes limit: Int, andBefore position: JournalPosition
    ) -> [WaitingRecords] {
        var spilled: [WaitingRecords] = []
        while let first = oldestRecord(), first < position || bytes > limit {
            let family = line.removeFirst()
            spilled.append(
                WaitingRecords(
                    root: family.root, members: family.members, pieces: [family.bytes]))
            remove(family)
        }
        return spilled
    }
}
