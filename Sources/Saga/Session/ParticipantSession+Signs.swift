package import SagaModel
package import SagaRPC

extension ParticipantSession {
    /// A handler that runs has said that it lives.
    ///
    /// - Parameters:
    ///   - progress: how far it is, for the next attempt; nil: as before. One over the limit of
    ///     outputs is left out.
    ///   - timeout: how long its step goes without a sign, if its definition says so.
    package mutating func signed(
        _ place: AttemptPlace, progress: Payload?, timeout: Duration?, now: RPCInstant,
        into actions: inout [SessionAction]
    ) {
        guard attempts.state(at: place) == .running else { return }
        let isTaken = progress.map { progress in
            UInt64(progress.bytes.count) <= outputLimit
                && Limits.isContentType(progress.contentType)
        }
        let sign = AttemptSign(
            attempts.attempt(at: place), progress: isTaken == true ? progress : nil)
        var pace = Limits.signPace
        if let timeout { pace = min(pace, timeout / Limits.signsPerTimeout) }
        signs.add(sign, at: place, pace: pace, now: now)
        sendSignsIfDue(now: now, into: &actions)
    }

    /// Sends what waits, if the time has come and there is a stream.
    mutating func sendSignsIfDue(now: RPCInstant, into actions: inout [SessionAction]) {
        guard case .attached(var attached) = phase, let due = signs.due, due <= now else { return }
        actions.append(.send(.heartbeat(signs.take(now: now))))
        attached.signsUnanswered += 1
        phase = .attached(attached)
    }

    /// Sends the progress of an attempt that ends before its result: it is recorded with it.
    mutating func sendLastSign(of place: AttemptPlace, into actions: inout [SessionAction]) {
        guard let sign = signs.take(at: place), sign.progress != nil,
            case .attached(var attached) = phase
        else { return }
        actions.append(.send(.heartbeat([sign])))
        attached.signsUnanswered += 1
        phase = .attached(attached)
    }
}
