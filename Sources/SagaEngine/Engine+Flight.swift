internal import SagaModel

/// Attempts in flight: their deadline, and the signs that their handlers give.
extension Engine {
    /// Makes a session the place of a task.
    mutating func launch(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction,
        to session: SessionInstance, isHandedOut: Bool, microseconds: Int64,
        isGrace: Bool = false
    ) {
        let deadline = now.later(byMicroseconds: microseconds)
        let timer = timers.set(
            .attemptOverdue(saga, step, direction), at: firstDue(deadline, now, saga, step))
        saga.own(step, direction).place = .inFlight(
            TaskPlace.Flight(
                session: session, at: now, deadline: deadline, timer: timer, isGrace: isGrace,
                isHandedOut: isHandedOut))
        counts.inFlight += 1
    }

    /// When an attempt is to be looked at: at its deadline, or when its handler has been silent for
    /// too long.
    private func firstDue(
        _ deadline: Instant, _ beat: Instant, _ saga: SagaInstance, _ step: StepIndex
    ) -> Instant {
        guard let heartbeat = saga.resolved(step).heartbeat,
            !PlantedBug.watchesNoHeartbeats.isPlanted
        else { return deadline }
        return min(deadline, max(beat, resumedAt) + heartbeat)
    }

    /// Sets the timer of a flight anew.
    mutating func setFlight(
        _ flight: TaskPlace.Flight, of step: StepIndex, _ direction: Direction,
        in saga: SagaInstance
    ) {
        let timer = timers.set(
            .attemptOverdue(saga, step, direction),
            at: firstDue(flight.deadline, flight.beatAt, saga, step))
        var flight = flight
        flight.timer = timer
        saga.update(step, direction) { $0.place = .inFlight(flight) }
    }

    /// An attempt has taken longer than its startToClose, or than a saga that goes back waits for
    /// it, or its handler is silent.
    mutating func attemptOverdue(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction
    ) {
        guard case .inFlight(var flight) = saga.task(step, direction).place,
            let token = saga.task(step, direction).token
        else { preconditionFailure("an attempt without a flight has a timer") }
        guard flight.isHandedOut else {
            // The journal has not made the attempt durable for as long as it may take: nobody has
            // it yet, so its time begins anew.
            flight.deadline = now + saga.resolved(step).startToClose
            flight.sign = TaskPlace.Flight.Sign(at: now, progress: nil)
            setFlight(flight, of: step, direction, in: saga)
            return
        }
        let isSilent = now < flight.deadline
        if isSilent, now < firstDue(flight.deadline, flight.beatAt, saga, step) {
            setFlight(flight, of: step, direction, in: saga)
            return
        }
        // One that a saga going back waits for has been told already.
        let isTold =
            direction == .action && saga.steps[step.rawValue].knowledge == .awaited
        if flight.session.isConnected, !isTold {
            let attempt = TaskAttempt(task: saga.facts.task(step, direction), token: token)
            want(.cancel(flight.session.id, attempt, isSilent ? .heartbeatMissed : .timedOut))
        }
        let cause: UnknownCause =
            isSilent ? .heartbeatMissed : flight.isGrace ? .cancelGraceOver : .timedOut
        endAttempt(
            AttemptEnd(
                saga: saga, step: step, direction: direction, outcome: .unknown(cause),
                instance: flight.session.name, timerFired: true))
    }

    /// The handler of an attempt in flight gave a sign.
    func note(_ sign: AttemptSign, of key: AttemptKey, in saga: SagaInstance) {
        saga.update(key.step, key.direction) { task in
            guard case .inFlight(var flight) = task.place else { return }
            var progress = flight.progress
            if let given = sign.progress, given.bytes.count <= limits.outputLimitBytes {
                progress = given
            }
            flight.sign = TaskPlace.Flight.Sign(at: now, progress: progress)
            task.place = .inFlight(flight)
        }
    }
}
