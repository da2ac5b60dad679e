internal import DequeModule
internal import SagaRPC

// Calls on their way to a connection, and back from one.
extension ClientDispatcher {
    func wait(_ call: ClientCall) {
        call.phase = .waiting
        waiting.append(call)
        waitingCount += 1
        needsPump = true
        if let deadline = call.deadline { waitingDeadlines.note(deadline) }
        scheduleFlush()
    }

    var hasWaiting: Bool { waitingCount > 0 }

    /// Ends a call that waits.
    func endWaiting(_ call: ClientCall, _ end: ClientCallEnd) {
        if call.isHeldBack {
            call.isHeldBack = false
            heldBack.removeAll { $0.call === call }
            endLater(call, end)
            return
        }
        waitingCount -= 1
        endLater(call, end)
        if waiting.count > 64, waitingCount < waiting.count / 2 {
            waiting.removeAll { !$0.isWaiting }
        }
    }

    // MARK: Opening

    /// Moves waiting calls on as far as the state of the connections allows.
    func pump() {
        guard waitingCount > 0 else { return }
        if !ready.isEmpty {
            openWaiting()
            return
        }
        switch connector.state {
        case .idle: perform(connector.want(now: now, random: random))
        case .connecting: break
        case .backingOff(let failures, _):
            let status = RPCStatus(.unavailable, failures.summary)
            endWaiting(status, failures) { !$0.waitForReady }
        case .shutdown: endWaiting(.clientIsShutDown, []) { _ in true }
        }
    }

    private func endWaiting(
        _ status: RPCStatus, _ failures: [ConnectFailure], _ isMeant: (ClientCall) -> Bool
    ) {
        let end = ClientCallEnd(status, reach: .neverSeen, connectFailures: failures)
        for call in Array(waiting) where call.isWaiting && isMeant(call) { endWaiting(call, end) }
    }

    private func openWaiting() {
        let now = now
        while let call = waiting.first {
            guard call.isWaiting else {
                waiting.removeFirst()
                continue
            }
            if let deadline = call.deadline, deadline <= now {
                endWaiting(call, Self.expired(lastFailures))
                continue
            }
            guard let connection = ready.first(where: \.hasRoom) else { break }
            do {
                guard try connection.open(call, now: now) else {
                    goesAway(connection, "stream numbers are used up")
                    continue
                }
            } catch {
                let reason = "HTTP/2 failed (\(error))"
                goesAway(connection, reason)
                connection.fail(reason)
                continue
            }
            // A compaction cannot come in between: the call was not closed.
            waiting.removeFirst()
            waitingCount -= 1
            touch(connection)
        }
        if waitingCount == 0 { waiting.removeAll(keepingCapacity: true) }
    }

    static func expired(_ failures: [ConnectFailure]) -> ClientCallEnd {
        let text = "deadline of the call has passed before it could be sent"
        let status = RPCStatus(
            .deadlineExceeded, failures.isEmpty ? text : "\(text); \(failures.summary)")
        return ClientCallEnd(status, reach: .neverSeen, connectFailures: failures)
    }

    func expireWaiting(now: RPCInstant) {
        guard waitingDeadlines.isDue(now) else { return }
        let end = Self.expired(lastFailures)
        for call in Array(waiting) where call.isWaiting {
            guard let deadline = call.deadline else { continue }
            if deadline <= now {
                endWaiting(call, end)
            } else {
                waitingDeadlines.note(deadline)
            }
        }
    }

    // MARK: Making a call again

    /// A connection has ended a call.
    func callEnded(_ call: ClientCall, _ outcome: CallOutcome) {
        if outcome.status.code == .ok {
            budget.succeeded()
        } else if makeAgain(call, outcome) {
            return
        }
        finish(
            call,
            ClientCallEnd(outcome.status, metadata: outcome.metadata, reach: outcome.reach))
    }

    private func makeAgain(_ call: ClientCall, _ outcome: CallOutcome) -> Bool {
        let sight = Self.sight(of: outcome, hasHead: call.hasHead)
        guard sight != .otherwise else { return false }
        if sight == .refused { budget.refused() }
        let now = now
        let pause: RPCTimeout
        switch (sight, outcome.pushback) {
        case (.refused, .never?): return false
        case (.refused, .after(let wanted)?): pause = wanted
        case (.refused, nil): pause = self.pause(before: call.attempts)
        case (.neverSeen, _), (.otherwise, _): pause = RPCTimeout(nanoseconds: 0)
        }
        let at = now.advanced(by: pause)
        let facts = RetryTable.Facts(
            rule: call.retry, sight: sight, canBeSentAgain: call.canBeSentAgain,
            hasAttemptsLeft: call.attempts < settings.maxAttempts,
            hasTimeLeft: call.deadline.map { $0 > at } ?? true, hasBudget: budget.allows,
            isShutDown: connector.state == .shutdown)
        switch RetryTable.verdict(facts) {
        case .end: return false
        case .again: wait(call)
        case .againLater:
            call.phase = .waiting
            call.isHeldBack = true
            heldBack.append((at, call))
        }
        return true
    }

    private static func sight(of outcome: CallOutcome, hasHead: Bool) -> RetryTable.Sight {
        guard outcome.status.code == .unavailable else { return .otherwise }
        switch outcome.reach {
        case .neverSeen: return .neverSeen
        case .answered where !hasHead: return .refused
        case .answered, .maybeSeen: return .otherwise
        }
    }

    /// How long a refused call waits before it is sent once more.
    private func pause(before attempt: Int) -> RPCTimeout {
        var backoff = settings.backoff
        var pause = backoff.next(random: random())
        for _ in 1..<max(1, attempt) { pause = backoff.next(random: random()) }
        return pause
    }

    /// Lets those go on whose wait is over.
    func releaseHeldBack(now: RPCInstant) {
        guard heldBack.contains(where: { $0.at <= now }) else { return }
        let due = heldBack.filter { $0.at <= now }
        heldBack.removeAll { $0.at <= now }
        for (_, call) in due {
            call.isHeldBack = false
            wait(call)
        }
    }
}
