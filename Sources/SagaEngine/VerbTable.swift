internal import SagaModel

/// How a saga stands, as far as verbs are concerned.
enum VerbPhase: CaseIterable {
    case pending
    case running
    case compensating
    /// Parked on its way forward.
    case failedForward
    /// Parked on its way back.
    case failedInUndo
    case ended
}

/// What a verb does to a saga that stands so.
enum VerbRule: Equatable {
    /// It is done, if its step allows it.
    case applies
    /// It is recorded and does nothing.
    case noEffect
    /// No: the saga is parked, and this verb does not settle it.
    case parked
    /// No: there is nothing that it could do.
    case wrongState
    /// No: the saga has ended.
    case sagaEnded

    /// The table of the project's semantics, verb by verb, in the order of `VerbPhase.allCases`.
    private static let table: [Verb: [VerbRule]] = [
        .cancel: [.applies, .applies, .noEffect, .parked, .parked, .sagaEnded],
        .compensate: [.applies, .applies, .noEffect, .applies, .parked, .sagaEnded],
        .retry: [.wrongState, .applies, .applies, .applies, .applies, .sagaEnded],
        .skip: [.wrongState, .applies, .wrongState, .applies, .wrongState, .sagaEnded],
        .markCompensated: [.wrongState, .applies, .applies, .applies, .applies, .sagaEnded],
        .suspend: [.applies, .applies, .applies, .wrongState, .wrongState, .sagaEnded],
        .resume: [.applies, .applies, .applies, .wrongState, .wrongState, .sagaEnded],
        .abandon: [.applies, .applies, .applies, .applies, .applies, .sagaEnded],
    ]

    static func rule(_ verb: Verb, _ phase: VerbPhase) -> VerbRule {
        guard let row = table[verb], let place = VerbPhase.allCases.firstIndex(of: phase) else {
            preconditionFailure("the table of verbs has no place for \(verb) and \(phase)")
        }
        return row[place]
    }
}

extension SagaInstance {
    var verbPhase: VerbPhase {
        switch state {
        case .pending: .pending
        case .running: .running
        case .compensating: .compensating
        case .failed: backReason == nil ? .failedForward : .failedInUndo
        case .completed, .compensated, .abandoned: .ended
        }
    }
}
