internal import SagaModel

/// What the journal says of a saga that only few have.
struct SagaParticulars: Equatable {
    /// Why nothing new is dispatched.
    var suspension: Suspension?
    /// Why it waits for an operator.
    var parking: Parking?
    /// Who wanted it cancelled.
    var cancelAsked: CancelAsked?
    /// What wants it to go back and has not yet led to it.
    var wish: BackWish?
    /// What made a saga run that was to start later.
    var running: SagaInstance.Running?
    /// Why it goes back, once it does.
    var backReason: BackReason?
    /// What made it go back, or parked it on its way forward, as it is shown.
    var failure: SagaFault?
    /// The undo that failed for good, as it is shown.
    var compensationFailure: SagaFault?
    /// When its timeout was over.
    var timedOutAt: Instant?
    /// Limits of time that stand still.
    var stopped: [StoppedLimit] = []
    /// Limits of time that ran again after they had stood still.
    var limits: [RunningLimit] = []
    /// The verbs that were given, the newest of them.
    var verbs: [VerbGiven] = []
    /// What a condition found by which a step was skipped.
    var found: [StepIndex: String] = [:]
    /// The output of a saga whose definition makes one.
    var output: Payload?
    /// What was left as it was when it was abandoned.
    var left: [StepToUndo] = []
    /// The saga that replaced it under its key.
    var replacedBy: SagaID?

    /// How many verbs are kept.
    static let verbsKept = 100

    struct Suspension: Equatable {
        let by: Principal?
        let step: StepIndex?
        let reason: String
        let since: Instant
    }

    struct Parking: Equatable {
        let step: StepIndex
        let direction: Direction
        let reason: ParkingReason
        let failure: Failure
        let since: Instant
    }
}

extension SagaParticulars {
    /// Why a saga was called off before it began: it had nothing to go back from, and so no record
    /// of that says it.
    func calledOff(in state: SagaState, at instant: Instant) -> SagaFault? {
        guard state == .compensated, backReason == nil else { return nil }
        let sentBack = verbs.last { $0.verb == .compensate }
        let wish =
            cancelAsked.map { BackWish($0) }
            ?? sentBack.map { BackWish(cause: .compensate, message: $0.reason) }
        return wish.map {
            SagaFault(step: "", failure: $0.reason.failure, attempt: 0, instance: "", at: instant)
        }
    }
}

/// What wants a saga to go back, other than a step.
struct BackWish: Equatable {
    typealias Cause = BackCause

    let cause: Cause
    let message: String

    static let timeout = BackWish(cause: .timeout, message: "The saga's timeout is over")

    init(cause: Cause, message: String) {
        self.cause = cause
        self.message = message
    }

    init(_ asked: CancelAsked) {
        if asked.isByParent {
            self.init(cause: .parent, message: asked.reason)
        } else {
            self.init(
                cause: .cancelled, message: asked.reason.isEmpty ? "Cancelled" : asked.reason)
        }
    }

    var reason: BackReason {
        BackReason(step: nil, failure: Failure(code: cause.code, message: message))
    }
}

extension BackCause {
    /// The code of the failure that stands for it.
    var code: String {
        switch self {
        case .cancelled: "cancelled"
        case .timeout: "timeout"
        case .compensate: "compensate"
        case .parent: "parent"
        }
    }
}
