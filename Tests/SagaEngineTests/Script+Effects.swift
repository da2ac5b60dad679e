import SagaModel

@testable import SagaEngine

/// Effects as text.
extension Script {
    func render(_ effect: Effect) -> [String] {
        switch effect {
        case .reply(let call, let reply): return render(reply).map { "> c\(call.rawValue) \($0)" }
        case .welcome(let session, let welcome):
            return [
                "> s\(session.rawValue) welcome generation \(welcome.generation), ended below "
                    + "#\(welcome.endedBelow.rawValue)"
            ]
        case .dispatch(let session, let order):
            var text = "do"
            if let undo = order.undo {
                let output = undo.output.map { " of \($0.text)" } ?? ", in doubt"
                text = "undo\(output), because \(self.text(undo.reason, order.saga)):"
            }
            let input = order.input.text == "{}" ? "" : " with \(order.input.text)"
            let progress = order.previousProgress.map { ", progress \($0.text)" } ?? ""
            return [
                "> s\(session.rawValue) \(text) \(name(order.task)) \(order.token.text)\(input)"
                    + progress
            ]
        case .cancel(let session, let attempt, let cause):
            return ["> s\(session.rawValue) cancel \(name(attempt)): \(cause)"]
        case .acknowledge(let session, let attempt, let disposition):
            return ["> s\(session.rawValue) ack \(name(attempt)): \(disposition)"]
        case .heartbeatAck(let session, let ack):
            return [
                "> s\(session.rawValue) beat, waiting \(ack.waitingTasks), ended below "
                    + "#\(ack.endedBelow.rawValue)"
            ]
        case .endSession(let session, let refusal):
            return ["> s\(session.rawValue) end \(refusal.reason)"]
        case .fact(let fact): return ["> log \(render(fact))"]
        }
    }

    private func name(_ task: TaskRef) -> String {
        "\(sagaName(task.saga)).\(task.step)"
            + (task.direction == .action ? "" : "/undo")
    }

    private func name(_ attempt: TaskAttempt) -> String {
        "\(name(attempt.task)) \(attempt.token.text)"
    }

    private func render(_ fact: LogFact) -> String {
        switch fact {
        case .sessionAttached(let name): "\(name) attached"
        case .sessionDisplaced(let name): "\(name) displaced"
        case .sessionLost(let name): "\(name) lost"
        case .sessionEnded(let name, let inOrder): "\(name) \(inOrder ? "left" : "given up")"
        case .epochBehind(let name, let met): "\(name) met epoch \(met)"
        case .attentionRaised(let id, let why, let step, let code, let said):
            (["\(sagaName(id)) needs attention: \(why.label)", step, code, said])
                .filter { !$0.isEmpty }.joined(separator: " ")
        case .attentionUntold(let count): "\(count) more need attention"
        case .recovered(let unknown): "recovered, \(unknown) attempts unknown"
        case .spaceChanged(let level, _): "space \(level.label)"
        }
    }

    private func render(_ reply: Reply) -> [String] {
        switch reply {
        case .registered(let answer):
            return ["registered \(answer.name)\(answer.existing ? ", existing" : "")"]
        case .started(let id, let existing, let definition, let status):
            let version = definition.map { $0.version == 1 ? "" : ", v\($0.version)" }
            let first =
                "started \(sagaName(id))\(existing ? ", existing" : "")\(version ?? ", dropped")"
            return [first] + (status.map { render($0) } ?? [])
        case .saga(let status): return render(status)
        case .page(let page):
            let rows = page.rows.map {
                "  \(sagaName($0.id)) \($0.state.label) \($0.step)"
            }
            let next = page.next.map { ", next before #\($0.rawValue)" } ?? ""
            return ["page\(next)"] + rows
        case .counts(let counts):
            let next = counts.next.map { ", next before #\($0.rawValue)" } ?? ""
            let groups = counts.counts.sorted { $0.key < $1.key }
            return ["\(counts.total) sagas\(next)"] + groups.map { "  \($0.key): \($0.value)" }
        case .verbDone(let answer):
            let effect = answer.hadEffect ? "" : ", no effect"
            let pivot = answer.waitsForPivot ? ", waits for the pivot" : ""
            let suspended = answer.isSuspended ? ", suspended" : ""
            let left = answer.left.map { ", left \($0.step)\($0.isKnown ? "" : " in doubt")" }
            return [
                "done, \(answer.state.label)\(effect)\(pivot)\(suspended)\(left.joined())"
            ]
        case .completed(let id): return ["completed \(sagaName(id))"]
        case .definition(let status): return ["definition \(status.definition.name)"]
        case .definitions(let all): return ["\(all.count) definitions"]
        case .participants(let handlers, let instances):
            return handlers.map {
                "\($0.handler.handler): instances \($0.instances), free \($0.freeSlots) of "
                    + "\($0.slots), running \($0.running), queued \($0.queued)"
            }
                + instances.map {
                    "\($0.participant): \($0.isAttached ? "attached" : "away")"
                        + "\($0.isDraining ? ", draining" : ""), running \($0.running), "
                        + "undoing \($0.undoing)"
                }
        case .status(let status):
            return [
                "live \(status.live), parked \(status.parked), kept \(status.endedKept), dropped "
                    + "\(status.endedDropped), keys \(status.keys), sessions \(status.sessions), "
                    + "queued \(status.queued), in flight \(status.inFlight), stale "
                    + "\(status.staleResults), without task \(status.resultsWithoutTask), "
                    + "orphans \(status.orphans)"
            ]
        case .refused(let refusal):
            let saga = refusal.saga.map { " \(sagaName($0))" } ?? ""
            return ["refused \(refusal.code) \(refusal.reason)\(saga)"]
        }
    }

    private func render(_ status: SagaStatus) -> [String] {
        if showsAll { return renderWhole(status) }
        let attention = status.attention.map(\.label).joined(separator: ", ")
        let failure = status.failure.map { ", failure \($0.step) \($0.failure.code)" } ?? ""
        let undo = status.compensationFailure.map { ", undo failed \($0.step)" } ?? ""
        let output = status.output.map { ", output \($0.text)" } ?? ""
        let mark = attention.isEmpty ? "" : ", attention \(attention)"
        let first = "\(sagaName(status.id)) \(status.state.label)"
        return ["\(first)\(failure)\(undo)\(output)\(mark)"]
            + status.steps.map { step in
                let known = step.undoKnowledge.map { ", known: \($0)" } ?? ""
                let compensation = step.compensation.map { "; undo \(render($0))" } ?? ""
                return "  \(step.name) \(step.state)\(known); \(render(step.action))"
                    + compensation
            }
    }

    private func render(_ task: TaskStatus) -> String {
        let failure = task.lastFailure.map { ", \($0.code)" } ?? ""
        let by = task.instance.isEmpty ? "" : ", \(task.instance)"
        return "attempts \(task.attempts), failures \(task.failures)\(by)\(failure)"
            + (task.waiting.map { ", waits for \(render($0))" } ?? "")
    }

    func render(_ reason: WaitingReason) -> String {
        switch reason {
        case .participant(_, let lastSeen, let lostAt):
            let ago = lostAt.map { " until \((rig.now - $0).text) ago" } ?? ""
            return "participant" + (lastSeen.isEmpty ? "" : " (\(lastSeen)\(ago))")
        case .compensationHandler: return "compensation handler"
        case .slot: return "slot"
        case .room: return "room"
        case .backoff(let until): return "backoff, \((until - rig.now).text)"
        case .answer: return "answer"
        case .recovery: return "recovery"
        case .comeback(let name, _, let until):
            return "return of \(name), \((until - rig.now).text)"
        case .cancelAnswer(_, let until): return "cancel answer, \((until - rig.now).text)"
        case .laterUndos: return "later undos"
        case .delay(let until): return "delay, \((until - rig.now).text)"
        case .notYet(let until): return "not yet, \((until - rig.now).text)"
        case .deferred(_, let until):
            return "deferred" + (until.map { ", \(($0 - rig.now).text)" } ?? "")
        case .child(let id, let state, _): return "child \(sagaName(id)), \(state.label)"
        case .suspended: return "resume"
        case .parked: return "operator"
        }
    }
}
