internal import SagaModel

/// Why an attempt need not go on. The set grows; compare with the values that matter.
public struct CancellationReason: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String {
        case goingBack = "the saga goes back"
        case timedOut = "its time is over"
        case notCurrent = "another attempt is current"
        case participantStops = "the participant stops"
    }

    private let kind: Kind

    /// The saga goes back: the step will be undone.
    public static let goingBack = CancellationReason(kind: .goingBack)
    /// The attempt's startToClose is over.
    public static let timedOut = CancellationReason(kind: .timedOut)
    /// Another attempt is current; what this one answers will not count.
    public static let notCurrent = CancellationReason(kind: .notCurrent)
    /// This process stops, and its time for that is over.
    public static let participantStops = CancellationReason(kind: .participantStops)

    /// The reason in words.
    public var description: String { kind.rawValue }

    private init(kind: Kind) {
        self.kind = kind
    }

    init(_ cause: CancelCause) {
        switch cause {
        case .goingBack, .sagaCancelled, .sagaTimedOut, .sagaAbandoned: self = .goingBack
        case .timedOut, .heartbeatMissed: self = .timedOut
        case .stale, .settledByHand: self = .notCurrent
        }
    }
}
