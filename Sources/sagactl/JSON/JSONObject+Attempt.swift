internal import SagaModel

// Attempts and what they ended with.

extension JSONObject {
    /// `Attempt`.
    init(_ attempt: AttemptStatus) {
        self.init()
        var token = JSONObject()
        token.set("epoch", attempt.token.epoch.rawValue)
        token.set("number", attempt.token.number)
        set("token", token)
        set("state", ProtoNames.attempt(attempt.state))
        set("handedOutAt", attempt.handedOutAt)
        set("endedAt", attempt.endedAt)
        set("participant", Self.participant(attempt.instance))
        set("outcome", attempt.outcome.map { JSONObject($0) })
        set("counts", attempt.counts)
    }

    /// `Outcome`.
    private init(_ outcome: AttemptOutcome) {
        self.init()
        var detail = JSONObject()
        switch outcome {
        case .succeeded: set("succeeded", detail)
        case .failed(let failure): set("failed", JSONObject(failure))
        case .retry(let failure, let after):
            detail.set("failure", JSONObject(failure))
            detail.set("after", after)
            set("retry", detail)
        case .notYet(let after):
            detail.set("after", after)
            set("notYet", detail)
        case .deferred(let within):
            detail.set("within", within)
            set("deferred", detail)
        case .hold(let reason):
            detail.set("reason", reason)
            set("hold", detail)
        case .refused(let output):
            detail.set("reason", ProtoNames.refused(output.reason))
            detail.set("size", output.size)
            detail.set("limit", output.limit)
            detail.set("message", output.reason)
            set("refused", detail)
        case .unknown(let cause):
            detail.set("cause", ProtoNames.unknown(cause))
            set("unknown", detail)
        case .declined(let reason):
            detail.set("reason", ProtoNames.declined(reason))
            set("declined", detail)
        }
    }
}
