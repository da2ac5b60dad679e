internal import NIOCore
internal import SagaRPC

// One timer for all that a channel waits for.
extension ClientDispatcher {
    /// Moments nearer to each other than this are looked at together.
    private static let grain = RPCTimeout(nanoseconds: 1_000_000)

    /// A moment before which there is nothing to do but what sockets and callers bring.
    private var nextWake: RPCInstant? {
        var earliest: RPCInstant?
        func note(_ moment: RPCInstant?) {
            guard let moment else { return }
            if let known = earliest, known <= moment { return }
            earliest = moment
        }
        note(waitingDeadlines.earliest)
        for connection in connections { note(connection.nextWake) }
        for (moment, _) in heldBack { note(moment) }
        note(attempt?.deadline)
        note(connector.nextWake)
        note(sizing.nextWake)
        note(idle.nextWake)
        return earliest
    }

    func armTimer() {
        if unfinished == 0, !ready.isEmpty {
            idle.isQuiet { self.now }
        } else if ready.isEmpty {
            idle.hasNothing()
        }
        guard let due = nextWake else { return }
        if let armed, armed.at <= due { return }
        armed?.task.cancel()
        let at = max(due, now.advanced(by: Self.grain))
        let task = eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(UInt64(at.nanoseconds))
        ) {
            self.armed = nil
            self.wake()
        }
        // By what is due, not by when it is looked at: or each turn would put the timer off.
        armed = (due, task)
    }

    private func wake() {
        let now = now
        expireWaiting(now: now)
        releaseHeldBack(now: now)
        expireAttempt(now: now)
        for connection in connections { connection.expire(now: now) }
        let isWanted = hasWaiting && ready.count < settings.maxConnections
        perform(connector.waitIsOver(isWanted: isWanted, now: now, random: random))
        if idle.isOver(now: now) { becomeIdle() }
        flush()
    }

    /// Ends the timer; nothing is left that could be due.
    func stopTimer() {
        armed?.task.cancel()
        armed = nil
    }
}
