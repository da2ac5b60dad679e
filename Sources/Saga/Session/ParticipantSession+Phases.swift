internal import SagaModel
internal import SagaRPC

extension ParticipantSession {
    mutating func open(now: RPCInstant, into actions: inout [SessionAction]) {
        phase = .opening(Opening(saidHello: false, until: now + Limits.openTimeout))
        actions.append(.open)
    }

    /// Waits before the next try, or ends if nothing is left to stay for.
    mutating func pause(
        _ reason: String, atMost limit: Duration? = nil, now: RPCInstant, draw: Double,
        into actions: inout [SessionAction]
    ) {
        var wait = limit.map { $0 * draw } ?? backoff.next(draw: draw)
        if case .attached(let attached) = phase, let after = attached.leaving?.reattachAfter {
            wait = min(after, Limits.reattachMaximum)
        }
        phase = .waiting(until: now + wait)
        actions.append(.note(.detached(reason: reason, wait: wait)))
        endIfDrained(into: &actions)
    }

    /// A session that was asked to leave ends when nothing runs and all results are acknowledged.
    mutating func endIfDrained(into actions: inout [SessionAction]) {
        guard drainUntil != nil, attempts.isEmpty else { return }
        finish(.drained, into: &actions)
    }

    mutating func finish(_ end: SessionEnd, into actions: inout [SessionAction]) {
        for (place, _) in attempts.runningInOrder() {
            actions.append(.cancel(place, .participantStops))
        }
        switch phase {
        case .attached where end == .drained: actions.append(.leave)
        case .opening, .attached: actions.append(.close)
        case .idle, .waiting, .ended: break
        }
        phase = .ended
        actions.append(.end(end))
    }

    /// Everything that this participant is, has and runs.
    func hello() -> Hello {
        Hello(
            participant: settings.participant, protocolVersion: 1,
            sdkVersion: settings.sdkVersion, serviceVersion: settings.serviceVersion,
            handlers: settings.handlers, slots: UInt32(clamping: settings.slots),
            undoSlots: UInt32(clamping: settings.undoSlots),
            running: attempts.runningInOrder().map(\.attempt),
            holdingResults: PlantedBug.forgetsResults.isPlanted
                ? [] : attempts.heldInOrder().map(\.attempt), epochsMet: epochsMet)
    }

    /// The outcome as the coordinator takes it: an output over its limit is refused, details over
    /// it are left out, for the handler's *no* is worth more than they are.
    func limited(_ outcome: AttemptOutcome) -> AttemptOutcome {
        switch outcome {
        case .succeeded(let output):
            guard Limits.isContentType(output.contentType) else {
                return .refused(.notEncodable("its content type cannot be sent"))
            }
            let size = output.bytes.count
            guard UInt64(size) > outputLimit else { return outcome }
            return .refused(.tooLarge(size, limit: outputLimit))
        case .failed(var failure):
            guard let size = failure.details?.bytes.count, UInt64(size) > outputLimit else {
                return outcome
            }
            failure.details = nil
            failure.message = AttemptOutcome.cut(
                "\(failure.message) (details of \(size) bytes left out: at most \(outputLimit))",
                at: Limits.failureMessageBytes)
            return .failed(failure)
        case .retry, .notYet, .deferred, .hold, .refused, .unknown, .declined: return outcome
        }
    }
}
