internal import SagaModel

/// Sessions of participants: who may be given tasks, and what becomes of the attempts of one that
/// is gone.
extension Engine {
    /// A participant opened its stream, or says anew what it offers.
    ///
    /// A Hello is complete: an attempt that was given to the instance and is not named in it is
    /// unknown at once.
    ///
    /// - Parameter isWelcomed: whether it was welcomed before, when there was no room to record it.
    mutating func hello(_ id: SessionID, _ hello: Hello, isWelcomed: Bool = false) {
        if let session = sessions[id] {
            update(session, with: hello)
            return
        }
        if let refusal = refusal(of: hello) {
            want(.endSession(id, refusal))
            return
        }
        let before = instances[hello.participant]
        let older = before?.session
        if let older { retire(older, displacedBy: hello) }
        let generation = (before?.generation ?? 0) + 1
        let session = SessionInstance(id: id, hello: hello, generation: generation, at: now)
        session.state = .attached(silence: setSilenceTimer(of: session))
        sessions.insert(session)
        behind[hello.participant] = nil
        emit(
            .sessionAttached(
                SessionAttached(participant: hello.participant, generation: generation, at: stamp)))
        instances[hello.participant]?.session = session
        want(.fact(.sessionAttached(hello.participant)))
        if !isWelcomed { want(.welcome(id, welcome(generation))) }
        takeUp(hello.running, holdingResults: hello.holdingResults, at: session, from: older)
        join(session)
        participantReturned(hello.participant)
    }

    mutating func refusal(of hello: Hello) -> Refusal? {
        guard let life else { preconditionFailure("a session before the life began") }
        for met in hello.epochsMet where met.lineage == life.lineage {
            guard met.epoch > life.epoch || (met.epoch == life.epoch && met.life != life.life)
            else { continue }
            note(hello.participant, hasMet: met.epoch)
            return Refusal(
                .failedPrecondition, reason: "EPOCH_BEHIND",
                "this coordinator is in epoch \(life.epoch) of its journal, and "
                    + "\(hello.participant) has met "
                    + (met.epoch == life.epoch
                        ? "another life of that epoch" : "epoch \(met.epoch)")
                    + ": it runs on a copy or an old backup of the journal")
        }
        let takesItsOwnPlace = instances[hello.participant]?.session?.isConnected ?? false
        guard takesItsOwnPlace || sessions.count + kept.welcomed < limits.sessions else {
            return Refusal(
                .resourceExhausted, reason: "SESSIONS",
                "\(limits.sessions) sessions are attached, which is the limit")
        }
        return nil
    }

    /// Keeps for the status who has met a later life, and tells the log once of each: a participant
    /// asks again and again.
    private mutating func note(_ participant: ParticipantName, hasMet met: Epoch) {
        if behind[participant]?.met != met {
            want(.fact(.epochBehind(participant, met: met)))
        }
        guard behind[participant] != nil || behind.count < Self.behindKept else { return }
        behind[participant] = EpochBehind(participant: participant, met: met, askedAt: stamp)
    }

    /// How many of them are kept.
    private static let behindKept = 100

    private mutating func setSilenceTimer(of session: SessionInstance) -> TimerID {
        timers.set(.sessionSilent(session), at: silenceDue(of: session))
    }

    private func silenceDue(of session: SessionInstance) -> Instant {
        max(session.lastHeardAt, resumedAt) + limits.heartbeatInterval * 2
    }

    mutating func welcome(_ generation: UInt64) -> Welcome {
        guard let life else { preconditionFailure("a session before the life began") }
        return Welcome(
            lineage: life.lineage, epoch: life.epoch, life: life.life, generation: generation,
            heartbeatInterval: limits.heartbeatInterval, grace: limits.sessionGrace,
            outputLimit: UInt64(limits.outputLimitBytes), endedBelow: endedBelow(), stillLive: [])
    }

    /// Below this start position every saga has ended.
    private mutating func endedBelow() -> JournalPosition {
        order.oldestLive() ?? lastPosition.next
    }

    /// Takes an older session of the same instance out of use; its attempts are the new one's to
    /// name.
    private mutating func retire(_ older: SessionInstance, displacedBy hello: Hello) {
        let wasConnected = older.isConnected
        stopServing(older)
        stopTimer(of: older)
        older.state = .ended
        sessions.remove(older.id)
        guard wasConnected else { return }
        want(.fact(.sessionDisplaced(hello.participant)))
        want(.endSession(older.id, .displaced(hello.participant)))
    }

    /// Settles the attempts that the instance had, and those it names, one by one.
    private mutating func takeUp(
        _ running: [TaskAttempt], holdingResults: [TaskAttempt], at session: SessionInstance,
        from older: SessionInstance?
    ) {
        endGroup()
        var named: Set<AttemptKey> = []
        for attempt in running {
            guard let key = key(of: attempt), adopt(key, at: session, from: older) else {
                want(.cancel(session.id, attempt, .stale))
                continue
            }
            named.insert(key)
        }
        for attempt in holdingResults {
            guard let key = key(of: attempt) else { continue }
            if adopt(key, at: session, from: older) { named.insert(key) }
        }
        for (key, saga) in older?.attemptsInOrder ?? [] where !named.contains(key) {
            forget(key, of: saga, by: session.participant)
        }
    }

    private func key(of attempt: TaskAttempt) -> AttemptKey? {
        guard let saga = sagas[attempt.task.saga],
            let step = saga.facts.definition.index(of: attempt.task.step)
        else { return nil }
        return AttemptKey(
            saga: saga.facts.start, step: step, direction: attempt.task.direction,
            token: attempt.token)
    }

    /// Makes a named attempt this session's; false if it is not current, or another's.
    ///
    /// One of an earlier life gets one full startToClose; one of this life keeps its deadline.
    private mutating func adopt(
        _ key: AttemptKey, at session: SessionInstance, from older: SessionInstance?
    ) -> Bool {
        guard let saga = order.find(key.saga),
            saga.facts.definition.namespace == session.participant.namespace
        else { return false }
        let (step, direction) = (key.step, key.direction)
        let task = saga.task(step, direction)
        guard task.token == key.token else { return false }
        switch task.place {
        case .idle, .waiting, .deferred, .child: return false
        case .inFlight(let flight):
            guard flight.isHandedOut, flight.session === older || flight.session === session
            else { return false }
            move(flight, of: key, in: saga, to: session)
        case .queued, .held, .fromEarlierLife:
            guard key.token.epoch < lastEpoch else { return false }
            takeUp(key, of: saga, at: session)
        }
        if direction == .action, saga.steps[step.rawValue].knowledge == .awaited {
            let attempt = TaskAttempt(task: saga.facts.task(step, direction), token: key.token)
            want(.cancel(session.id, attempt, .goingBack))
        }
        return true
    }

    private mutating func takeUp(
        _ key: AttemptKey, of saga: SagaInstance, at session: SessionInstance
    ) {
        unplace(saga, key.step, key.direction)
        if !saga.raised.isEmpty { noteTrouble(of: saga) }
        var limit = saga.resolved(key.step).startToClose
        let isAwaited =
            key.direction == .action && saga.steps[key.step.rawValue].knowledge == .awaited
        if isAwaited { limit = min(limit, limits.cancelGrace) }
        let isFirst = saga.task(key.step, key.direction).isFirst
        lanes[queue(of: key.step, in: saga).lane(key.direction).index].tookOff(isFirst: isFirst)
        launch(
            saga, key.step, key.direction, to: session, isHandedOut: true,
            microseconds: limit.microseconds, isGrace: isAwaited)
        saga.update(key.step, key.direction) { $0.handedOutAt = $0.handedOutAt ?? stamp }
        session.hold(key, of: saga)
    }

    /// An attempt goes on at a newer session of its instance; its deadline stays.
    private func move(
        _ flight: TaskPlace.Flight, of key: AttemptKey, in saga: SagaInstance,
        to session: SessionInstance
    ) {
        saga.update(key.step, key.direction) { task in
            task.place = .inFlight(
                TaskPlace.Flight(
                    session: session, at: flight.at, deadline: flight.deadline,
                    sign: flight.sign, timer: flight.timer, isGrace: flight.isGrace,
                    isHandedOut: true))
        }
        session.hold(key, of: saga)
    }

    /// An attempt that its instance does not know: withdrawn if it was never handed out, else
    /// unknown.
    private mutating func forget(
        _ key: AttemptKey, of saga: SagaInstance, by participant: ParticipantName
    ) {
        let task = saga.task(key.step, key.direction)
        guard task.token == key.token, case .inFlight(let flight) = task.place else { return }
        guard flight.isHandedOut else {
            withdraw(key, of: saga)
            return
        }
        endAttempt(
            AttemptEnd(
                saga: saga, step: key.step, direction: key.direction,
                outcome: .unknown(.forgotten), instance: participant.description))
        endGroup()
    }

    /// Puts an attempt whose dispatch was not released back to its place, under its token.
    private mutating func withdraw(_ key: AttemptKey, of saga: SagaInstance) {
        unplace(saga, key.step, key.direction)
        if saga.isHalted {
            hold(saga, key.step, key.direction)
        } else {
            enqueue(saga, key.step, key.direction)
        }
    }

    /// Serves the session from the queues of its handlers.
    private mutating func join(_ session: SessionInstance) {
        for offer in session.hello.handlers {
            let handler = HandlerRef(
                namespace: session.participant.namespace, handler: offer.name)
            guard session.closed[handler] == nil else { continue }
            serve(session, handler, withCompensation: offer.hasCompensation)
        }
        markDirty(session)
    }

    /// Serves a session from the queues of a handler; one that no definition names has none.
    private mutating func serve(
        _ session: SessionInstance, _ handler: HandlerRef, withCompensation: Bool
    ) {
        for needsCompensation in withCompensation ? [false, true] : [false] {
            guard
                let queue = queues[
                    QueueKey(handler: handler, needsCompensation: needsCompensation)],
                !session.queues.contains(where: { $0 === queue })
            else { continue }
            if queue.sessions.isEmpty { isServedAgain() }
            queue.add(session)
            session.queues = session.queues + [queue]
        }
    }

    /// A definition has named handlers that sessions may have offered before: they are served now.
    mutating func joinAll() {
        for session in sessions.all.sorted(by: { $0.id < $1.id }) where session.takesTasks {
            join(session)
        }
    }

    private mutating func stopServing(_ session: SessionInstance) {
        for queue in session.queues { leave(queue, session) }
        session.queues = []
    }

    private mutating func leave(_ queue: HandlerQueue, _ session: SessionInstance) {
        queue.remove(session, at: now)
        if queue.sessions.isEmpty, hasWaiting(queue) { isUnserved() }
    }

    private mutating func stopTimer(of session: SessionInstance) {
        switch session.state {
        case .attached(let silence), .draining(let silence): timers.remove(silence)
        case .lost(let grace, _): timers.remove(grace)
        case .arriving, .ended: break
        }
        stopReopenings(of: session)
    }

    private mutating func stopReopenings(of session: SessionInstance) {
        for handler in session.closed.keys.sorted() {
            if case let timer?? = session.closed[handler] { timers.remove(timer) }
        }
        session.closed.removeAll()
    }

    /// A later Hello on the same stream: capacities and handlers changed.
    private mutating func update(_ session: SessionInstance, with hello: Hello) {
        guard session.isConnected, session.participant == hello.participant else { return }
        session.lastHeardAt = now
        stopServing(session)
        stopReopenings(of: session)
        session.hello = hello
        if session.takesTasks { join(session) }
    }

    /// A session does not run tasks of a handler: it is left alone with them for a while, or until
    /// its next Hello.
    mutating func close(
        _ handler: HandlerRef, at session: SessionInstance, for reason: DeclineReason
    ) {
        guard session.closed[handler] == nil else { return }
        for queue in session.queues where queue.handler == handler { leave(queue, session) }
        session.queues = session.queues.filter { $0.handler != handler }
        switch reason {
        case .handlerUnknown: session.closed[handler] = .some(nil)
        case .draining, .noSlot:
            session.closed[handler] = timers.set(
                .handlerReopens(session, handler), at: now + limits.heartbeatInterval)
        }
    }

    mutating func handlerReopens(_ session: SessionInstance, _ handler: HandlerRef) {
        session.closed[handler] = nil
        if session.takesTasks { join(session) }
    }

    /// A participant is alive; attempts that it names and that are not current are to stop.
    mutating func heartbeat(_ id: SessionID, _ signs: [AttemptSign]) {
        guard let session = sessions[id], session.isConnected else { return }
        session.lastHeardAt = now
        for sign in signs {
            guard let key = key(of: sign.attempt), let saga = order.find(key.saga),
                isCurrent(key, of: saga, for: session)
            else {
                counts.staleResults += 1
                want(.cancel(id, sign.attempt, .stale))
                continue
            }
            note(sign, of: key, in: saga)
        }
        let waiting = session.queues.reduce(0) {
            $0 + lanes[$1.actions.index].waiting + lanes[$1.undos.index].waiting
        }
        acknowledgeHeartbeat(of: id, waiting: waiting)
    }

    mutating func acknowledgeHeartbeat(of session: SessionID, waiting: Int = 0) {
        want(
            .heartbeatAck(
                session,
                HeartbeatAck(
                    endedBelow: endedBelow(), stillLive: [],
                    waitingTasks: UInt32(clamping: waiting))))
    }

    /// A participant is about to leave: it gets nothing more, and its attempts may finish.
    mutating func draining(_ id: SessionID) {
        guard let session = sessions[id], case .attached(let silence) = session.state else {
            return
        }
        session.lastHeardAt = now
        session.state = .draining(silence: silence)
        stopServing(session)
    }

    /// A participant's stream is gone.
    mutating func sessionEnded(_ id: SessionID) {
        guard let session = sessions[id], session.isConnected else { return }
        lose(session)
    }

    /// Nothing was heard for two heartbeats, unless something was meanwhile.
    mutating func sessionSilent(_ session: SessionInstance) {
        let due = silenceDue(of: session)
        guard now >= due else {
            let timer = setSilenceTimer(of: session)
            switch session.state {
            case .attached: session.state = .attached(silence: timer)
            case .draining: session.state = .draining(silence: timer)
            case .arriving, .lost, .ended: timers.remove(timer)
            }
            return
        }
        want(
            .endSession(
                session.id,
                Refusal(
                    .unavailable, reason: "SILENT",
                    "nothing was heard for \(limits.heartbeatInterval * 2)")))
        lose(session, timerFired: true)
    }

    mutating func lose(_ session: SessionInstance, timerFired: Bool = false) {
        let leftInOrder = if case .draining = session.state { true } else { false }
        stopServing(session)
        if timerFired { session.state = .arriving }
        stopTimer(of: session)
        for (key, saga) in session.attemptsInOrder {
            let task = saga.task(key.step, key.direction)
            let isWithdrawn: Bool =
                if task.token == key.token, case .inFlight(let flight) = task.place {
                    !flight.isHandedOut
                } else {
                    false
                }
            if isWithdrawn { withdraw(key, of: saga) }
            if isWithdrawn || task.token != key.token { _ = session.release(key) }
        }
        sessions.remove(session.id)
        // Without room to record that it has left it is lost, and its grace waits for room.
        if leftInOrder, session.attempts.isEmpty, space.takesRecords {
            end(session, inOrder: true)
            return
        }
        let grace = timers.set(.graceOver(session), at: now + limits.sessionGrace)
        session.state = .lost(grace: grace, at: now)
        noteLeft(session)
        want(.fact(.sessionLost(session.participant)))
    }

    /// A lost participant did not return: nobody knows what its attempts did.
    mutating func graceOver(_ session: SessionInstance) {
        for (key, saga) in session.attemptsInOrder
        where saga.task(key.step, key.direction).token == key.token {
            endAttempt(
                AttemptEnd(
                    saga: saga, step: key.step, direction: key.direction,
                    outcome: .unknown(.sessionLost), instance: session.name))
            endGroup()
        }
        end(session, inOrder: false)
    }

    private mutating func end(_ session: SessionInstance, inOrder: Bool) {
        session.state = .ended
        if !inOrder { meters.sessionsLost += 1 }
        emit(
            .sessionEnded(
                SessionEnded(
                    participant: session.participant, generation: session.generation,
                    inOrder: inOrder, at: stamp)))
        want(.fact(.sessionEnded(session.participant, inOrder: inOrder)))
        if inOrder { noteLeft(session) }
    }

    /// Grace begins anew for who was lost, since nobody could return meanwhile; so does the silence
    /// of who is there.
    mutating func beginWindowsAnew() {
        resumedAt = now
        let graceEnd = now + limits.sessionGrace
        for participant in instances.keys.sorted() {
            guard let session = instances[participant]?.session,
                case .lost(let grace, let instant) = session.state
            else { continue }
            timers.remove(grace)
            session.state = .lost(
                grace: timers.set(.graceOver(session), at: graceEnd), at: instant)
        }
        if let timer = recovery?.timer, recovery?.settled == nil {
            timers.remove(timer)
            recovery?.timer = timers.set(.recoveryGraceOver, at: graceEnd)
        }
    }
}
