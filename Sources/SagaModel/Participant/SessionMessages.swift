/// What a participant says on its stream.
package enum ParticipantMessage: Equatable, Sendable {
    /// Who it is and what it has; the first message, and again when that changes.
    case hello(Hello)
    /// What an attempt ended with.
    case result(TaskResult)
    /// It lives, and these attempts' handlers gave a sign.
    case heartbeat([AttemptSign])
    /// It is about to leave; how long that takes at most, if it says so.
    case draining(within: Duration?)
}

/// What the coordinator says on a participant's stream.
package enum CoordinatorMessage: Equatable, Sendable {
    /// The session is open; the first message.
    case welcome(Welcome)
    /// Something to do.
    case task(ReceivedTask)
    /// An attempt need not go on.
    case cancel(TaskAttempt, CancelCause)
    /// A result need not be kept any longer.
    case resultAck(TaskAttempt, ResultDisposition)
    /// The answer to a heartbeat.
    case heartbeatAck(HeartbeatAck)
    /// The coordinator is about to leave; how long to wait before attaching again, if it says so.
    case drain(reason: String, reconnectAfter: Duration?)
}
