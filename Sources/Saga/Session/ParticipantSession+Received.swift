package import SagaModel
package import SagaRPC

extension ParticipantSession {
    /// The coordinator spoke.
    ///
    /// - Parameter draw: a random number from 0 to below 1, for the wait before a next try.
    package mutating func received(
        _ message: CoordinatorMessage, now: RPCInstant, draw: Double,
        into actions: inout [SessionAction]
    ) {
        switch phase {
        case .idle, .waiting, .ended: return
        case .opening(let opening):
            guard opening.saidHello, case .welcome(let welcome) = message else {
                rejected(
                    "the coordinator spoke before its Welcome", now: now, draw: draw,
                    into: &actions)
                return
            }
            welcomed(welcome, now: now, draw: draw, into: &actions)
        case .attached(let attached):
            received(message, attached, now: now, draw: draw, into: &actions)
        }
    }

    private mutating func received(
        _ message: CoordinatorMessage, _ attached: Attached, now: RPCInstant, draw: Double,
        into actions: inout [SessionAction]
    ) {
        switch message {
        case .welcome:
            rejected(
                "the coordinator welcomed a session twice", now: now, draw: draw, into: &actions)
        case .task(let task):
            if !attached.hadTask {
                var attached = attached
                attached.hadTask = true
                phase = .attached(attached)
            }
            take(task, from: attached.lineage, now: now, draw: draw, into: &actions)
        case .cancel(let attempt, let cause):
            guard let place = attempts.place(of: attempt), attempts.state(at: place) == .running
            else { return }
            actions.append(.cancel(place, CancellationReason(cause)))
        case .resultAck(let attempt, _):
            guard let place = attempts.place(of: attempt), attempts.state(at: place) != .running
            else { return }
            attempts.remove(place)
            endIfDrained(into: &actions)
        case .heartbeatAck(let answer):
            backoff.reset()
            ended?.raise(to: answer.endedBelow, stillLive: answer.stillLive)
            answered(answer, attached, now: now, into: &actions)
        case .drain(_, let reattachAfter):
            var attached = attached
            attached.leaving = Leaving(
                until: now + Limits.leavingStream, reattachAfter: reattachAfter)
            phase = .attached(attached)
        }
    }

    private mutating func welcomed(
        _ welcome: Welcome, now: RPCInstant, draw: Double, into actions: inout [SessionAction]
    ) {
        let offered = EpochMet(
            lineage: welcome.lineage, epoch: welcome.epoch, life: welcome.life)
        if let index = epochsMet.firstIndex(where: { $0.lineage == welcome.lineage }) {
            let met = epochsMet[index]
            guard met.epoch < offered.epoch || met == offered else {
                actions.append(.note(.coordinatorBehind(met: met, offered: offered)))
                rejected(
                    "the coordinator is in epoch \(offered.epoch), this participant has met "
                        + "\(met.epoch)", now: now, draw: draw, into: &actions)
                return
            }
            epochsMet.remove(at: index)
        }
        epochsMet.append(offered)
        if epochsMet.count > Limits.lineages { epochsMet.removeFirst() }
        outputLimit = welcome.outputLimit
        if ended?.lineage == welcome.lineage {
            ended?.raise(to: welcome.endedBelow, stillLive: welcome.stillLive)
        } else {
            ended = EndedSagas(
                lineage: welcome.lineage, below: welcome.endedBelow, stillLive: welcome.stillLive)
        }
        // An interval of nothing would be a loop without an end.
        let interval = max(welcome.heartbeatInterval, Limits.heartbeatMinimum)
        phase = .attached(
            Attached(
                lineage: welcome.lineage, heartbeatInterval: interval, answeredAt: now,
                nextHeartbeat: now + interval))
        actions.append(.note(.attached(welcome)))
        if drainUntil != nil { actions.append(.send(.draining(within: settings.drain))) }
        for result in attempts.heldInOrder() { actions.append(.send(.result(result))) }
    }

    private mutating func take(
        _ task: ReceivedTask, from lineage: SagaID, now: RPCInstant, draw: Double,
        into actions: inout [SessionAction]
    ) {
        backoff.reset()
        hungryLimit = Limits.hungryAnswers
        if let place = attempts.place(of: task.attempt) {
            // Said twice: a result is said again, a handler that runs is not run beside itself.
            if case .holding(let outcome) = attempts.state(at: place) {
                actions.append(.send(.result(TaskResult(attempt: task.attempt, outcome: outcome))))
            }
            return
        }
        guard attempts.held < Limits.heldResults else {
            rejected(
                "\(attempts.held) results are not acknowledged", now: now, draw: draw,
                into: &actions)
            return
        }
        if let reason = declineReason(for: task) {
            let outcome = AttemptOutcome.declined(reason)
            _ = attempts.add(task.attempt, .holding(outcome))
            actions.append(.send(.result(TaskResult(attempt: task.attempt, outcome: outcome))))
            return
        }
        let place = attempts.add(task.attempt, .running)
        actions.append(.run(place, task, lineage: lineage))
    }

    /// Why a task is not begun; nil if it is.
    private func declineReason(for task: ReceivedTask) -> DeclineReason? {
        guard drainUntil == nil else { return .draining }
        let isAction = task.attempt.task.direction == .action
        guard let hasCompensation = offers[task.handler], isAction || hasCompensation else {
            return .handlerUnknown
        }
        let isFree =
            isAction
            ? attempts.runningActions < settings.slots
            : attempts.runningUndos < settings.undoSlots
        return isFree ? nil : .noSlot
    }

    private mutating func answered(
        _ answer: HeartbeatAck, _ attached: Attached, now: RPCInstant,
        into actions: inout [SessionAction]
    ) {
        var attached = attached
        attached.answeredAt = now
        guard attached.signsUnanswered == 0 else {
            attached.signsUnanswered -= 1
            phase = .attached(attached)
            return
        }
        let isFree =
            attempts.runningActions < settings.slots
            && attempts.runningUndos < settings.undoSlots
        let isHungry =
            answer.waitingTasks > 0 && isFree && !attached.hadTask && drainUntil == nil
            && attached.leaving == nil
        attached.hungryAnswers = isHungry ? attached.hungryAnswers + 1 : 0
        attached.hadTask = false
        phase = .attached(attached)
        guard attached.hungryAnswers >= hungryLimit else { return }
        // Rarer each time until a task has come, in case the new session is given none either.
        hungryLimit = min(hungryLimit * 2, Limits.hungryAnswersMaximum)
        let reason = "tasks wait, slots are free, and none has come"
        actions.append(.close)
        actions.append(.note(.detached(reason: reason, wait: .zero)))
        open(now: now, into: &actions)
    }
}
