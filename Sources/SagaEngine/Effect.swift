package import SagaModel

/// What the engine wants done outside; each is held until everything that was decided before it is
/// durable.
package enum Effect: Equatable, Sendable {
    /// Answer a call. In a box: an answer may be large, and effects wait in one queue.
    indirect case reply(CallID, Reply)
    /// Welcome a session. In a box, as all that is rare.
    indirect case welcome(SessionID, Welcome)
    /// Hand a task to a session.
    case dispatch(SessionID, TaskOrder)
    /// Tell a session to stop an attempt.
    case cancel(SessionID, TaskAttempt, CancelCause)
    /// Tell a session what became of a result.
    case acknowledge(SessionID, TaskAttempt, ResultDisposition)
    /// Answer a heartbeat.
    case heartbeatAck(SessionID, HeartbeatAck)
    /// End a session's stream, and say why.
    indirect case endSession(SessionID, Refusal)
    /// Tell the log.
    indirect case fact(LogFact)
}

/// The answer to a call.
package enum Reply: Equatable, Sendable {
    /// A definition is registered.
    case registered(RegisterAnswer)
    /// A saga is started, or was there; with the definition that it runs by, unless it is not kept
    /// any more, and with its status if the call waited for its end.
    case started(SagaID, existing: Bool, DefinitionVersion?, SagaStatus?)
    /// A saga as it stands.
    case saga(SagaStatus)
    /// A page of sagas.
    case page(SagaPage)
    /// Sagas counted by a group, of those looked at.
    case counts(SagaCounts)
    /// A verb is recorded.
    case verbDone(VerbAnswer)
    /// The answer to a deferred attempt of this saga is taken.
    case completed(SagaID)
    /// A definition.
    case definition(DefinitionStatus)
    /// Definitions, by name and version.
    case definitions([DefinitionStatus])
    /// Handlers and participants, by name.
    case participants([HandlerStatus], [InstanceStatus])
    /// The engine's counts.
    case status(EngineStatus)
    /// No, and why.
    case refused(Refusal)
}

/// A fact for the log.
package enum LogFact: Equatable, Sendable {
    /// A participant attached.
    case sessionAttached(ParticipantName)
    /// A participant attached a second time; its older session ends.
    case sessionDisplaced(ParticipantName)
    /// A participant is gone, and has its grace to return.
    case sessionLost(ParticipantName)
    /// A participant left, in order or after its grace.
    case sessionEnded(ParticipantName, inOrder: Bool)
    /// A participant met a later life of this journal: this one is a copy or an old backup.
    case epochBehind(ParticipantName, met: Epoch)
    /// A person should look at a saga: why, at which step, the code of what failed, and what a
    /// handler that held it says.
    case attentionRaised(SagaID, AttentionReason, step: String, code: String, said: String)
    /// Of so many sagas nothing was said, to keep the log readable.
    case attentionUntold(Int)
    /// The journal has more or less room than before: what that means, and how many bytes the file
    /// system has left, if it says so.
    case spaceChanged(SpaceLevel, freeBytes: UInt64?)
    /// All participants of the life before are back, or their grace is over.
    case recovered(attemptsUnknown: Int)
}
