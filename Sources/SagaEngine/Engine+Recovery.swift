internal import SagaModel

/// What is left of the life before, until its participants are back or have had their time.
struct Recovery {
    /// Instances on record that have not said Hello yet.
    var missing: Set<ParticipantName>
    /// The end of their grace, and then of the pause before the next tasks.
    var timer: TimerID?
    /// Tasks whose attempt the earlier life opened, the oldest saga first.
    var tasks: [Task]
    /// How many of them are settled, and for how many of these nothing is known; nil while the
    /// grace runs.
    var settled: (tasks: Int, unknown: Int)?

    typealias Task = (saga: SagaInstance, step: StepIndex, direction: Direction)
}

extension Engine {
    /// Begins a life: the epoch is recorded before anything else, waits go on, and attempts of
    /// earlier lives wait for their participants.
    mutating func begin(_ life: Life) {
        precondition(self.life == nil, "a life begins once")
        self.life = life
        lifeBeganAt = now
        randomness = Randomness(seed: life.seed)
        settleReplay()
        beginStatements()
        emit(
            .lifeBegan(
                LifeBegan(
                    epoch: life.epoch, life: life.life, at: stamp,
                    gapAfter: life.isRestored ? lastPosition : nil)),
            leap: life.isRestored ? life.epoch.firstPosition : nil)
        // Positions leap only at a group of one record.
        if life.isRestored { endGroup() }
        var tasks: [Recovery.Task] = []
        for saga in order.live {
            if !PlantedBug.forgetsTimeoutsAtRestart.isPlanted { setTimeout(of: saga) }
            setStart(of: saga)
            for step in saga.stepIndices {
                for direction in [Direction.action, .compensation] {
                    if place(saga, step, direction) { tasks.append((saga, step, direction)) }
                }
                startLimits(step, of: saga)
            }
            takeUpAttention(of: saga)
        }
        keys.dropEnded(now: now, atMost: .max)
        if PlantedBug.freesKeysAtRestart.isPlanted { keys = KeyTable() }
        var recovery = Recovery(missing: Set(instances.keys), timer: nil, tasks: tasks)
        if recovery.missing.isEmpty, space.takesRecords {
            self.recovery = recovery
            openRecoveryGate()
            return
        }
        // Without room for what follows, the gate opens when there is some.
        let grace = recovery.missing.isEmpty ? .zero : limits.sessionGrace
        recovery.timer = timers.set(.recoveryGraceOver, at: now + grace)
        self.recovery = recovery
    }

    /// Places a task as an earlier life left it; says whether it is an attempt that a participant
    /// may name.
    private mutating func place(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction
    ) -> Bool {
        let task = saga.task(step, direction)
        if let wait = task.wait {
            if PlantedBug.forgetsWaitsAtRestart.isPlanted {
                hold(saga, step, direction)
                return false
            }
            if wait.duration > .zero || !saga.isHalted {
                setWait(end(of: wait), saga, step, direction)
            } else {
                hold(saga, step, direction)
            }
            return false
        }
        guard task.token != nil else { return false }
        if let deferral = task.extras?.deferral {
            setDeferral(deferral.until, saga, step, direction)
            return false
        }
        if saga.resolved(step).child != nil {
            // A child whose start is not on record is started now.
            placeChild(saga, step, direction)
            return false
        }
        saga.update(step, direction) { $0.place = .fromEarlierLife }
        counts.fromEarlierLife += 1
        return true
    }

    /// An instance of the life before is back.
    mutating func participantReturned(_ participant: ParticipantName) {
        guard recovery?.missing.remove(participant) != nil, recovery?.missing.isEmpty == true,
            recovery?.settled == nil, let timer = recovery?.timer
        else { return }
        timers.remove(timer)
        openRecoveryGate()
    }

    /// From now on, attempts of earlier lives that nobody has named count as unknown: each when its
    /// turn comes. There are so many turns a second, so that participants which were restarted too
    /// are not overrun; those of sagas that go back come first.
    mutating func openRecoveryGate() {
        guard var recovery else { preconditionFailure("the recovery is over already") }
        // Not while it is gone through: what is settled asks whether there is a recovery.
        self.recovery = nil
        var settled = recovery.settled ?? (0, 0)
        if recovery.settled == nil {
            recovery.tasks =
                recovery.tasks.filter { goesBack($0) } + recovery.tasks.filter { !goesBack($0) }
        }
        var left = max(1, limits.redispatchedPerSecond / Self.recoveryTurns)
        while settled.tasks < recovery.tasks.count, left > 0 {
            let (saga, step, direction) = recovery.tasks[settled.tasks]
            settled.tasks += 1
            guard case .fromEarlierLife = saga.task(step, direction).place else { continue }
            if PlantedBug.forgetsAttemptsAtRestart.isPlanted { continue }
            settled.unknown += 1
            left -= settle(saga, step, direction) ? 1 : 0
        }
        guard settled.tasks == recovery.tasks.count else {
            recovery.settled = settled
            recovery.timer = timers.set(
                .recoveryGraceOver,
                at: now + .microseconds(1_000_000 / Int64(Self.recoveryTurns)))
            self.recovery = recovery
            return
        }
        want(.fact(.recovered(attemptsUnknown: settled.unknown)))
        endMissing(recovery)
    }

    /// How often in a second tasks of the life before go on.
    private static var recoveryTurns: Int { 10 }

    /// Whether a task is an undo, or an action that undos wait for.
    private func goesBack(_ task: Recovery.Task) -> Bool {
        task.direction == .compensation
            || task.saga.steps[task.step.rawValue].knowledge == .awaited
    }

    /// Goes on with a task whose attempt nobody has named; says whether it may be handed out.
    private mutating func settle(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction
    ) -> Bool {
        if direction == .action, saga.steps[step.rawValue].knowledge == .awaited {
            endAttempt(
                AttemptEnd(
                    saga: saga, step: step, direction: direction,
                    outcome: .unknown(.coordinatorRestarted)))
            endGroup()
            return true
        }
        unplace(saga, step, direction)
        guard saga.isHalted else {
            enqueue(saga, step, direction)
            return true
        }
        hold(saga, step, direction)
        // No record says so, and what is held waits for no participant.
        if !saga.raised.isEmpty { noteTrouble(of: saga) }
        return false
    }

    /// Whoever has not come back is no longer waited for.
    private mutating func endMissing(_ recovery: Recovery) {
        let missing =
            PlantedBug.iteratesSet.isPlanted ? Array(recovery.missing) : recovery.missing.sorted()
        for participant in missing {
            guard let record = instances[participant], record.session == nil else { continue }
            emit(
                .sessionEnded(
                    SessionEnded(
                        participant: participant, generation: record.generation, inOrder: false,
                        at: stamp)))
            endGroup()
        }
    }
}
