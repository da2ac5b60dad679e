internal import SagaModel

/// A look at all sagas, for those that have waited for long for a participant, and those that wait
/// for one no more.
///
/// A saga that waits for a participant has no timer: 100,000 may, and what is set for each is paid
/// for by each. Instead all sagas are looked at when the one that waits longest is due, some in a
/// turn, and again when the next is due. After that a walk rests for a hundred times as long as it
/// worked, so that it takes no more than about a hundredth of the engine's time, and attention is
/// raised late by no more than that rest: 0.1 s with 2,000 live sagas, 50 s with a million.
struct AttentionWalk {
    /// When it begins or goes on.
    var timer: TimerID
    /// Where it goes on: before the saga with this start; nil at the newest.
    var before: JournalPosition?
    /// In how many turns it has looked.
    var turns = 0
    /// When there will be something to see that was not yet.
    var next: Instant?

    /// Between two turns of a walk.
    static let pace: Duration = .milliseconds(1)
    /// How long it rests for each turn it took.
    static let restPerTurn: Duration = .milliseconds(100)
}

extension Engine {
    /// Nobody serves a queue in which tasks wait.
    mutating func isUnserved() { look(at: now + limits.attentionAfter) }

    /// Somebody serves a queue that nobody served.
    mutating func isServedAgain() {
        if counts.withoutParticipant > 0 { look(at: now) }
    }

    /// Sees to it that all sagas are looked at then, or soon after.
    mutating func look(at due: Instant) {
        guard let walk = attentionWalk else {
            attentionWalk = AttentionWalk(timer: timers.set(.attentionWalk, at: due))
            return
        }
        if walk.turns > 0 {
            attentionWalk?.next = min(walk.next ?? due, due)
        } else if timers.due(of: walk.timer) > due {
            timers.remove(walk.timer)
            attentionWalk?.timer = timers.set(.attentionWalk, at: due)
        }
    }

    /// Looks at some more sagas.
    mutating func walkOn() {
        guard var walk = attentionWalk else { preconditionFailure("a walk that is not wanted") }
        var found: [(saga: SagaInstance, raising: AttentionSet)] = []
        var next = walk.next
        var looks = limits.pageLooks
        walk.before = order.newestFirst(before: walk.before, looks: looks) { saga in
            guard !saga.state.isEnded, !saga.isQuarantined else { return true }
            looks -= saga.steps.count
            let due = nobodyDue(saga)
            let raising: AttentionSet = due.map { $0 <= now } ?? false ? .noParticipant : []
            if raising == [], let due { next = min(next ?? due, due) }
            let wanted = wantedAttention(
                of: saga, raising: raising, looksForPivot: saga.hasPivot)
            if wanted != saga.raised { found.append((saga, raising)) }
            return looks > 0 && found.count < limits.pageRows
        }
        walk.turns += 1
        walk.next = next
        if walk.before != nil {
            walk.timer = timers.set(.attentionWalk, at: now + AttentionWalk.pace)
            attentionWalk = walk
        } else {
            attentionWalk = nil
            if let next { look(at: max(next, now + AttentionWalk.restPerTurn * walk.turns)) }
        }
        for item in found {
            review(item.saga, raising: item.raising, looksForPivot: item.saga.hasPivot)
            endGroup()
        }
    }

    /// When a saga will have waited for long for a participant, unless that is raised already; nil
    /// if it waits for none.
    private func nobodyDue(_ saga: SagaInstance) -> Instant? {
        guard !saga.raised.contains(.noParticipant),
            let since = longestWithoutParticipant(of: saga)?.trouble.since
        else { return nil }
        return since + limits.attentionAfter
    }
}
