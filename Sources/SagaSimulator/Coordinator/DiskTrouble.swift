internal import SagaJournal
internal import SagaSystem
internal import Synchronization

/// One operation of the disk that is not as it should be.
///
/// It is one of a kind, since those that make a segment are rare and matter most.
final class DiskTrouble: Sendable {
    /// What becomes of the operation.
    enum Fate {
        /// The power goes before it.
        case powerCut
        /// It is said to have failed.
        case error
    }

    /// Which operations it may be.
    enum Kind {
        case operation(MemoryStorage.Operation)
        /// A sync of the directory: only what is lost or kept right before one shows whether the
        /// names before it had one.
        case directorySync

        /// Of which one is drawn. Most are those of a commit, which a crash tears.
        static let drawn: [Kind] = [
            .operation(.write), .operation(.syncData), .operation(.syncData),
            .operation(.syncData), .operation(.create), .operation(.sync), .operation(.rename),
            .directorySync, .directorySync, .directorySync,
        ]
    }

    private let fate: Fate
    private let kind: Kind
    private let code: ErrorNumber
    private let left: Atomic<Int>

    /// - Parameters:
    ///   - count: how many operations of the kind come before it.
    ///   - code: what is said of it.
    init(_ fate: Fate, _ kind: Kind, after count: Int, _ code: ErrorNumber) {
        self.fate = fate
        self.kind = kind
        self.code = code
        left = Atomic(count)
    }

    /// Whether the operation has come.
    var hasStruck: Bool { left.load(ordering: .relaxed) < 0 }

    /// Whether the power is gone.
    var hasCutPower: Bool { fate == .powerCut && hasStruck }

    /// What a disk asks before each operation.
    var fault: MemoryStorage.Fault {
        { [self] operation, name, _ in
            // Nothing works without power.
            if hasStruck { return fate == .powerCut ? code : nil }
            let isMeant =
                switch kind {
                case .operation(let wanted): operation == wanted
                case .directorySync: operation == .sync && name == "."
                }
            guard isMeant else { return nil }
            return left.subtract(1, ordering: .relaxed).newValue < 0 ? code : nil
        }
    }
}
