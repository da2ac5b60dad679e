import SagaModel

/// Sagas as they are shown, with every field set and with none.
enum ShownSamples {
    static let waits: [WaitingReason?] = [
        nil, .participant(since: Samples.at, lastSeen: "payments/p-1", lostAt: Samples.at),
        .participant(since: Samples.at, lastSeen: "", lostAt: nil),
        .compensationHandler(since: Samples.at), .slot(since: Samples.at),
        .room(since: Samples.at),
        .backoff(until: Samples.at), .recovery(since: Samples.at), .laterUndos,
        .comeback(of: "payments/p-1", lostAt: Samples.at, until: Samples.at),
        .cancelAnswer(since: Samples.at, until: Samples.at), .delay(until: Samples.at),
        .notYet(until: Samples.at), .deferred(since: Samples.at, until: nil),
        .deferred(since: Samples.at, until: Samples.at),
        .child(Samples.id, .running, since: Samples.at), .suspended(since: Samples.at),
        .parked(since: Samples.at),
    ]

    static let outcomes: [AttemptOutcome?] = [
        nil, .succeeded(.empty), .failed(Samples.failure),
        .retry(Samples.failure, after: .seconds(1)), .notYet(after: .seconds(2)),
        .deferred(within: .seconds(3)), .hold(reason: "look"),
        .refused(OutputRefused(reason: "too large", size: 9, limit: 5)),
        .unknown(.sessionLost), .declined(.noSlot),
    ]

    static let history = outcomes.enumerated().map { place, outcome in
        let states = AttemptStatus.State.allCases
        return AttemptStatus(
            token: Token(epoch: Epoch(7), number: UInt32(place + 1)),
            state: states[place % states.count],
            handedOutAt: place == 0 ? nil : Samples.at, endedAt: place == 1 ? nil : Samples.at,
            instance: place == 2 ? "" : "payments/p-1", outcome: outcome, counts: place == 3)
    }

    static let entries = Verb.allCases.map { verb in
        VerbEntry(
            verb: verb, step: verb == .skip ? "charge" : "", by: Samples.verified,
            reason: "because", at: Samples.at)
    }

    static let attention =
        [Attention(.parked)]
        + AttentionReason.allCases.map { reason in
            Attention(
                reason, step: "charge", direction: .compensation, since: Samples.at,
                lastFailure: Samples.failure, nextAttemptAt: Samples.at, failures: 14,
                handler: "payments.charge")
        }

    static let more: SagaMore = {
        var more = SagaMore()
        more.startAt = Samples.at
        more.runningSince = Samples.at + .seconds(1)
        more.deadline = Samples.at + .seconds(9)
        more.suspension = SagaSuspension(
            by: Samples.verified, step: "", reason: "lunch", since: Samples.at)
        more.parking = SagaParking(
            reason: .pivotUndecided, fault: fault, direction: .compensation, since: Samples.at)
        more.cancelRequest = CancelRequest(
            by: Samples.nobody, reason: "no", at: Samples.at, waitsForPivot: true)
        more.sentBackBy = entries[6]
        more.abandonedBy = entries[7]
        more.left = [LeftEffect(step: "a", isKnown: true), LeftEffect(step: "b", isKnown: false)]
        more.parent = SagaParent(saga: Samples.id, step: "kid")
        more.replaces = Samples.id
        more.replacedBy = Samples.id
        more.verbs = entries
        return more
    }()

    private static let skips: [StepSkip?] = [
        nil, .condition(found: "\"x\""), .person(nil), .person(entries[4]),
    ]

    static func stepMore(_ place: Int) -> StepMore {
        var more = StepMore()
        more.pivot = ([nil] + PivotMark.allCases.map(Optional.some))[place % 5]
        more.isOptional = place % 2 == 0
        more.condition =
            [
                nil, Samples.definition.steps.compactMap(\.when).first,
            ][place % 2]
        more.skip = skips[place % skips.count]
        more.undoneBy = place % 4 == 3 ? entries[5] : nil
        more.isLeftInDoubt = place % 3 == 0
        more.childVersion = place % 3 == 1 ? UInt32(place) : nil
        more.children = place % 3 == 1 ? [Samples.id] : []
        more.input = place % 2 == 0 ? Samples.json : nil
        return more
    }

    static func task(_ waiting: WaitingReason?) -> TaskStatus {
        TaskStatus(
            attempts: 2, failures: 1, instance: "payments/p-1", dueAt: Samples.at,
            handedOutAt: Samples.at, endedAt: waiting == nil ? Samples.at : nil,
            lastFailure: Samples.failure, waiting: waiting, maxAttempts: 10,
            progress: Samples.json, lastHeartbeatAt: Samples.at, history: history)
    }

    static let fault = SagaFault(
        step: "charge", failure: Samples.failure, attempt: 3, instance: "payments/p-1",
        at: Samples.at)

    static let bareStep = StepStatus(
        name: "s", handler: "a.b", after: [], isCompensated: false, state: .pending,
        undoKnowledge: nil,
        action: TaskStatus(
            attempts: 0, failures: 0, instance: "", dueAt: nil, handedOutAt: nil, endedAt: nil,
            lastFailure: nil, waiting: nil), compensation: nil, output: nil)

    static let saga = SagaStatus(
        id: Samples.id, namespace: "shop", definition: "order", version: 3, key: "o-1",
        keyIsRandom: false, state: .failed, attention: [],
        startedAt: Samples.at, endedAt: nil, observedAt: Samples.at + .seconds(2),
        principal: Samples.verified, labels: ["region": "", "customer": "c-1"],
        steps: [bareStep]
            + waits.enumerated().map { place, wait in
                StepStatus(
                    name: "step-\(place)", handler: "stock.reserve", after: ["a", "b"],
                    isCompensated: true,
                    state: StepState.allCases[place % StepState.allCases.count],
                    undoKnowledge: [nil, .nothing, .done, .inDoubt][place % 4],
                    action: task(wait),
                    compensation: place % 2 == 0 ? nil : task(waits[(place + 3) % waits.count]),
                    output: place % 3 == 0 ? nil : Samples.json, more: stepMore(place))
            }, failure: fault, compensationFailure: fault, input: Samples.json,
        output: Samples.odd, stateSince: Samples.at + .seconds(1), attentionDetails: attention,
        digest: Samples.digest, more: more)
}
