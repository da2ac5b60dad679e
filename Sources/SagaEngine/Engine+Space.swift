package import SagaModel

/// What goes on while the journal is short of room, and how all of it goes on once it is not.
extension Engine {
    /// What somebody wants recorded.
    enum Wish {
        /// A new saga, or a definition.
        case start
        /// What concerns a saga that is there.
        case record
    }

    /// Bytes that the input brings which `stepKept` decides on next.
    package var nextKeptBytes: Int { kept.nextBytes }

    /// Takes note of how much room there is.
    ///
    /// With more room than before, all goes on that had waited for it: timers that were due fire,
    /// every queue and every session is looked at, and what was kept is stepped.
    mutating func setSpace(_ level: SpaceLevel) {
        let before = space
        space = level
        guard level < before, !PlantedBug.losesSpaceWakeUps.isPlanted else { return }
        timers.releaseKept()
        for queue in queuesInOrder { markDirty(queue) }
        for session in sessions.all.sorted(by: { $0.id < $1.id }) { markDirty(session) }
    }

    /// Why something cannot be recorded now; nil if it can.
    func noRoom(for wish: Wish) -> Refusal? {
        let takes: Bool
        switch wish {
        case .start: takes = space.takesStarts
        case .record: takes = space.takesRecords
        }
        guard !takes else { return nil }
        let what =
            space.takesRecords
            ? "no saga is started and no definition registered"
            : "nothing can be recorded, and what waits for that goes on later"
        return Refusal(
            .resourceExhausted, reason: "DISK",
            "the disk of the coordinator's journal is full: \(what); make room on the file system "
                + "of its data directory, and all goes on by itself", retryAfter: .seconds(5))
    }

    // MARK: - What participants say

    /// Whether a Hello waits: it would be recorded, or comes behind one that waits.
    func mustKeep(_ hello: Hello, _ session: SessionID) -> Bool {
        kept.isWelcomed(session) || (!space.takesRecords && sessions[session] == nil)
    }

    /// Welcomes a session that is recorded when there is room, and gets no task before that.
    mutating func keep(_ hello: Hello, _ session: SessionID) {
        if !kept.isWelcomed(session) {
            if let refusal = refusal(of: hello) {
                want(.endSession(session, refusal))
                return
            }
            if let older = kept.session(of: hello.participant) {
                kept.forget(older)
                want(.endSession(older, .displaced(hello.participant)))
            }
        }
        let isNew = !kept.isWelcomed(session)
        guard kept.keep(hello, of: session, limit: limits.keptBytes) else {
            kept.forget(session)
            want(.endSession(session, .comeAgain))
            return
        }
        if isNew {
            want(.welcome(session, welcome((instances[hello.participant]?.generation ?? 0) + 1)))
        }
    }

    /// Whether a result waits: one that is stale is answered at once.
    func mustKeep(_ result: borrowing TaskResult, _ id: SessionID) -> Bool {
        if kept.isWelcomed(id) { return true }
        guard !space.takesRecords, let session = sessions[id], session.isConnected,
            let saga = sagas[result.attempt.task.saga],
            let step = saga.facts.definition.index(of: result.attempt.task.step)
        else { return false }
        let key = AttemptKey(
            saga: saga.facts.start, step: step, direction: result.attempt.task.direction,
            token: result.attempt.token)
        return isCurrent(key, of: saga, for: session)
    }

    mutating func keep(_ result: TaskResult, _ session: SessionID) {
        sessions[session]?.lastHeardAt = now
        kept.keep(result, of: session, limit: limits.keptBytes)
    }

    mutating func keepDraining(_ session: SessionID) {
        kept.keepDraining(session)
    }

    // MARK: - Later

    /// Whether `stepKept` has something to decide on.
    package var mayStepKept: Bool { space.takesRecords && !kept.isEmpty }

    mutating func takeKept() {
        guard let item = kept.popFirst() else { return }
        switch item {
        case .hello(let session, let hello): self.hello(session, hello, isWelcomed: true)
        case .result(let session, let result): self.result(session, result)
        case .draining(let session): draining(session)
        case .tooMany(let id):
            guard let session = sessions[id], session.isConnected else { return }
            want(.endSession(id, .comeAgain))
            lose(session)
        }
    }
}

extension TimerEvent {
    /// Whether it waits for more room than a level leaves.
    func waits(for space: SpaceLevel) -> Bool {
        switch self {
        case .waitOver(_, _, .action), .startDue: !space.takesForwardWork
        case .waitOver(_, _, .compensation), .attemptOverdue, .graceOver, .recoveryGraceOver,
            .limitOver, .sagaTimeout, .undoFailsLong, .attentionWalk:
            !space.takesRecords
        // Nothing of these is recorded.
        case .sessionSilent, .handlerReopens, .patienceOver, .attentionUntold: false
        }
    }
}

extension Refusal {
    /// What is there needs all that the disk can do.
    package static let diskSlow = Refusal(
        .resourceExhausted, reason: "DISK_SLOW",
        "the disk of the coordinator's journal is slow: no saga is started, those that are there "
            + "go on; sagactl status shows how long its syncs take", retryAfter: .seconds(2))

    /// Another session of the same instance has come.
    static func displaced(_ participant: ParticipantName) -> Refusal {
        Refusal(
            .aborted, reason: "DISPLACED",
            "another process attached as \(participant); give each its own instance")
    }

    /// What a participant said could not be kept.
    fileprivate static let comeAgain = Refusal(
        .unavailable, reason: "DISK",
        "the disk of the coordinator's journal is full, and more was said than it can keep; attach "
            + "again", retryAfter: .seconds(5))
}
