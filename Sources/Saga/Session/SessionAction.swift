package import SagaModel

/// Where a session keeps one attempt, from its receipt until its result is acknowledged.
package struct AttemptPlace: Hashable, Sendable {
    /// Its number; one that is free is used again.
    package let rawValue: Int
}

/// What a session wants done.
package enum SessionAction: Equatable, Sendable {
    /// Open a stream; answered by `opened` or `disconnected`.
    case open
    /// Give the stream up; nothing more is reported of it.
    case close
    /// Say that nothing more comes, and let the coordinator end the stream; nothing more is
    /// reported of it.
    case leave
    /// Say this on the stream.
    case send(ParticipantMessage)
    /// Run a handler; answered by `finished`.
    case run(AttemptPlace, ReceivedTask, lineage: SagaID)
    /// Cancel a handler that runs; it is answered by `finished` all the same.
    case cancel(AttemptPlace, CancellationReason)
    /// Tell the log.
    case note(SessionNote)
    /// The session is over.
    case end(SessionEnd)
}

/// What a session's life is worth a line in the log.
package enum SessionNote: Equatable, Sendable {
    /// It is attached.
    case attached(Welcome)
    /// It is no longer; another try follows after the wait.
    case detached(reason: String, wait: Duration)
    /// The coordinator runs on a copy or an old backup of a journal that this participant has seen
    /// further on.
    case coordinatorBehind(met: EpochMet, offered: EpochMet)
    /// The coordinator says so itself, of what this participant has met.
    case refusedAsAhead(String)
}

/// How a session is over.
package enum SessionEnd: Equatable, Sendable {
    /// It was asked to leave, and all is finished and acknowledged.
    case drained
    /// It was asked to leave, and its time for that was over with so much open.
    case drainTimedOut(running: Int, unacknowledged: Int)
    /// It was stopped at once.
    case stopped
    /// The coordinator does not want it.
    case refused(SessionRefusal)
}
