internal import SagaCoordinator
internal import SagaJournal
internal import SagaSystem

// The coordinator's process: its turns, and its ends.
extension World {
    /// Plans the next turn, if there is something to do.
    func pokeCoordinator() {
        guard let coordinator = host.coordinator, !host.isReleasing else { return }
        let earliest = max(max(now, host.busyUntil), host.pausedUntil)
        let wanted: WorldTime
        if coordinator.isDue {
            wanted = earliest + random.span(5...50)
        } else if let wake = host.wakeAt {
            wanted = max(earliest, wake) + 1
        } else {
            return
        }
        if let planned = host.nextTurn, planned > now, planned <= wanted { return }
        host.nextTurn = wanted
        queue.add(.turn(life: host.life), at: wanted)
    }

    /// The coordinator decides and commits.
    func turn(life: Int) {
        guard life == host.life, let coordinator = host.coordinator, host.nextTurn == now else {
            return
        }
        host.nextTurn = nil
        if host.pausedUntil > now {
            pokeCoordinator()
            return
        }
        host.tellTime(now)
        trace.note(now, "turn", life)
        let isDoomed = random.chance(rates[.crashInCommit] / 200)
        let willFail = !isDoomed && random.chance(rates[.diskError] / 200)
        if isDoomed || willFail { armDisk(isDoomed) }
        do throws(JournalFailure) {
            try coordinator.turn()
            host.storage.setFault(nil)
        } catch {
            crash("the journal failed: \(error)")
            return
        }
        check.coordinator(coordinator, now)
        let slow = random.chance(rates[.slowDisk] / 10)
        host.busyUntil = now + (slow ? random.span(1_000...2_000_000) : random.span(25...200))
        host.isReleasing = true
        queue.add(.release(life: life), at: host.busyUntil)
    }

    /// Some operation of the disk will not be done, or will be said to have failed.
    private func armDisk(_ isDoomed: Bool) {
        let first = host.storage.operationCount + random.index(below: 4)
        host.storage.setEffectOfFailedOperations(random.chance(0.5))
        let code: ErrorNumber = isDoomed ? .noDevice : random.chance(0.5) ? .inputOutput : .noSpace
        host.storage.setFault { _, _, number in
            number == first || (isDoomed && number > first) ? code : nil
        }
    }

    /// What a turn decided goes out.
    func release(life: Int) {
        guard life == host.life, let coordinator = host.coordinator, host.isReleasing else {
            return
        }
        if host.pausedUntil > now {
            queue.add(.release(life: life), at: host.pausedUntil)
            return
        }
        host.isReleasing = false
        host.tellTime(now)
        trace.note(now, "release", life)
        if random.chance(rates[.crashInRelease] / 200) { host.wordsLeft = random.index(below: 4) }
        coordinator.release()
        if host.wordsLeft != nil {
            crash("within a release")
        } else {
            pokeCoordinator()
        }
    }

    /// The process ends, in some way.
    func crash(_ reason: String) {
        guard host.coordinator != nil else { return }
        trace.note(now, "crash", host.life, reason)
        crashes += 1
        host.storage.setFault(nil)
        // The machine goes on and keeps all, or loses any part of what was not synced.
        let share = [1, 0, 0.5, 0.9][random.index(below: 4)]
        loseCoordinator()
        host.crash { _ in random.chance(share) }
        queue.add(.start, at: now + random.span(1_000...3_000_000))
    }

    /// The process starts again.
    func startCoordinator() {
        guard host.coordinator == nil else { return }
        if random.chance(rates[.clockJump]) {
            host.clockOffset += (random.chance(0.5) ? 1 : -1) * random.span(1_000...600_000_000)
        }
        let isDoomed = random.chance(rates[.crashInCommit])
        if isDoomed { armDisk(true) }
        do throws(JournalFailure) {
            try host.start(self, now: now)
            host.storage.setFault(nil)
        } catch {
            trace.note(now, "no start", host.life, "\(error)")
            host.storage.setFault(nil)
            if !isDoomed { check.fail(now, "the journal cannot be recovered: \(error)") }
            host.crash { _ in random.chance(0.5) }
            queue.add(.start, at: now + random.span(1_000...3_000_000))
            return
        }
        trace.note(now, "start", host.life)
        if let coordinator = host.coordinator { check.recovered(coordinator, now) }
        host.isReleasing = true
        queue.add(.release(life: host.life), at: now + random.span(100...10_000))
    }

    /// The coordinator's side of flow control.
    func setReading(_ on: Bool, life: Int) {
        guard life == host.life else { return }
        host.isReading = on
        guard on else { return }
        for number in host.held { queue.add(.toCoordinator(number), at: now + 1) }
        host.held = []
    }
}
