internal import Saga
internal import SagaModel

/// A handler at work in a participant.
struct HandlerRun {
    enum Phase: Equatable {
        /// It has not touched the database. Can transition to: answering.
        case working
        /// Its transaction is over; the answer is on its way. Can transition to: (gone).
        case answering(AttemptOutcome)
    }

    let place: AttemptPlace
    let task: ReceivedTask
    var phase = Phase.working
    var isCancelled = false
}

/// What handlers do, as a seed has it.
struct HandlerConduct {
    var rates: FaultRates
    /// What a refused output has more bytes than.
    let payloadBytes: Int

    /// Runs a handler's transaction and says what it answers.
    func act(
        _ run: HandlerRun, _ business: inout Business, _ random: inout SimulationRandom
    ) -> AttemptOutcome {
        if run.isCancelled, random.chance(0.5) {
            return .retry(Failure(code: "stopped", message: ""), after: nil)
        }
        return run.task.attempt.task.direction == .action
            ? action(run.task, &business, &random) : undo(run.task, &business, &random)
    }

    private func action(
        _ task: ReceivedTask, _ business: inout Business, _ random: inout SimulationRandom
    ) -> AttemptOutcome {
        switch business.admit(task.attempt) {
        case .stored: return .succeeded(output(of: task))
        case .fenced: return .hold(reason: Self.fenced)
        case .run: break
        }
        if let answer = postponed(&random) { return answer }
        if random.chance(rates[.businessNo] / 2) {
            business.bar(task.attempt)
            return .failed(Failure(code: "no", message: "the business says no"))
        }
        business.commit(task.attempt)
        if random.chance(rates[.lostReply]) { return retry("lost", &random) }
        if random.chance(rates[.refusedOutput] / 4) {
            let bytes = [UInt8](repeating: 0, count: payloadBytes + 1)
            return .succeeded(Payload(contentType: "application/octet-stream", bytes: bytes))
        }
        return .succeeded(output(of: task))
    }

    private func undo(
        _ task: ReceivedTask, _ business: inout Business, _ random: inout SimulationRandom
    ) -> AttemptOutcome {
        if let answer = postponed(&random) { return answer }
        if random.chance(rates[.failingUndo] / 4) {
            business.refuseUndo(task.attempt)
            return .failed(Failure(code: "stuck", message: "it cannot be undone"))
        }
        business.undo(task.attempt)
        if random.chance(rates[.lostReply]) { return retry("lost", &random) }
        return .succeeded(.empty)
    }

    /// An answer that puts the work off; nil to do it now.
    private func postponed(_ random: inout SimulationRandom) -> AttemptOutcome? {
        if random.chance(rates[.busyHandler]) { return retry("busy", &random) }
        if random.chance(rates[.notYet]) {
            return .notYet(after: .milliseconds(random.index(below: 3_000)))
        }
        if random.chance(rates[.deferral]) {
            return .deferred(within: .seconds(1 + random.index(below: 60)))
        }
        return random.chance(rates[.hold] / 4) ? .hold(reason: "a person must look") : nil
    }

    private func output(of task: ReceivedTask) -> Payload {
        let text = "{\"key\":\"\(task.idempotencyKey)\"}"
        return Payload(contentType: Payload.json, bytes: Array(text.utf8))
    }

    /// What stores of the SDK answer an attempt that comes too late. A sound coordinator has a
    /// newer one, and never takes it.
    static let fenced = "fenced"

    private func retry(_ code: String, _ random: inout SimulationRandom) -> AttemptOutcome {
        .retry(
            Failure(code: code, message: ""),
            after: random.chance(0.2) ? .milliseconds(random.index(below: 8_000)) : nil)
    }
}
