package import SagaModel

extension Engine {
    /// Live sagas by state, those set aside among them.
    package var liveByState: [SagaState: UInt64] {
        var counts: [SagaState: UInt64] = [:]
        for saga in order.live { counts[saga.state, default: 0] += 1 }
        return counts
    }

    /// How many timers are due at a moment or before.
    package func timersDue(by moment: Instant) -> Int { timers.dueCount(by: moment) }

    /// Sagas that could not be replayed, in the order of their start.
    package var setAside: [QuarantinedSaga] {
        quarantined.keys.sorted().compactMap { quarantined[$0] }
    }

    /// Passes over a record while recovering, before `begin`, that its writer says may be passed
    /// over by who does not know it; its position counts.
    package mutating func replayIgnored(at position: JournalPosition) throws(ReplayFailure) {
        if statements.oldest == .none { statements.oldest = position }
        guard position > lastPosition else {
            throw ReplayFailure(position: position, reason: "it comes after \(lastPosition)")
        }
        lastPosition = position
    }
}
