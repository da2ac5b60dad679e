internal import SagaModel

/// What is left of the life before, until its participants are back or have had their time.
struct Recovery {
    /// Instances on record that have not said Hello yet.
    var missing: Set<ParticipantName>
    /// The end of their grace.
    var timer: TimerID?
    /// Tasks whose attempt the earlier life opened, the oldest saga first.
    var tasks: [(saga: SagaInstance, step: StepIndex, direction: Direction)]
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
        var tasks: [(saga: SagaInstance, step: StepIndex, direction: Direction)] = []
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
            let timer = recovery?.timer
        else { return }
        timers.remove(timer)
        openRecoveryGate()
    }

    /// From now on, attempts of earlier lives that nobody has named count as unknown: each when its
    /// turn comes.
    mutating func openRecoveryGate() {
        guard let recovery else { preconditionFailure("the recovery is over already") }
        self.recovery = nil
        var unknown = 0
        for (saga, step, direction) in recovery.tasks {
            guard case .fromEarlierLife = saga.task(step, direction).place else { continue }
            if PlantedBug.forgetsAttemptsAtRestart.isPlanted { continue }
            unknown += 1
            if direction == .action, saga.steps[step.rawValue].knowledge == .awaited {
                endAttempt(
                    AttemptEnd(
                        saga: saga, step: step, direction: direction,
                        outcome: .unknown(.coordinatorRestarted)))
                endGroup()
            } else {
                unplace(saga, step, direction)
                if saga.isHalted {
                    hold(saga, step, direction)
                    // No record says so, and what is held waits for no participant.
                    if !saga.raised.isEmpty { noteTrouble(of: saga) }
                } else {
                    enqueue(saga, step, direction)
                }
            }
        }
        want(.fact(.recovered(attemptsUnknown: unknown)))
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
