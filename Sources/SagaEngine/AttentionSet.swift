internal import SagaModel

/// Some of the reasons why a person should look at a saga.
struct AttentionSet: OptionSet {
    let rawValue: UInt8

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ reason: AttentionReason) { self.init(rawValue: 1 << reason.rawValue) }

    static let parked = AttentionSet(.parked)
    static let undoFailing = AttentionSet(.undoFailing)
    static let noParticipant = AttentionSet(.noParticipant)
    static let pastPivotFailing = AttentionSet(.pastPivotFailing)
    static let held = AttentionSet(.held)
    static let timeoutPastPivot = AttentionSet(.timeoutPastPivot)

    /// Those that begin and end with a record of their saga, and not with time.
    static let ofRecords: AttentionSet = [.parked, .pastPivotFailing, .held, .timeoutPastPivot]

    /// The reasons, in their order.
    var reasons: [AttentionReason] {
        AttentionReason.allCases.filter { contains(AttentionSet($0)) }
    }
}

/// An undo that fails, and has not yet for as long as needs attention.
struct UndoWatch {
    let timer: TimerID
    let step: StepIndex
    /// Since when it fails.
    let since: Instant
}
