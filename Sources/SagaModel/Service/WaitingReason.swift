/// What a task waits for.
public enum WaitingReason: Equatable, Sendable {
    /// Nobody who serves the handler is attached. The last one that was, and when it went, if one
    /// was in this life.
    case participant(since: Instant, lastSeen: String, lostAt: Instant?)
    /// Somebody serves the handler, but without a compensation, which the step needs.
    case compensationHandler(since: Instant)
    /// All slots of those who serve the handler are taken.
    case slot(since: Instant)
    /// Room in the coordinator's journal, on a disk that is full.
    case room(since: Instant)
    /// A backoff.
    case backoff(until: Instant)
    /// An answer to an attempt in flight.
    case answer(since: Instant)
    /// Attempts of the life before, until their participants have returned or the grace is over.
    case recovery(since: Instant)
    /// The return of an instance whose session was lost, for as long as its grace runs.
    case comeback(of: String, lostAt: Instant, until: Instant)
    /// The answer of an attempt that was told to stop, since its saga goes back.
    case cancelAnswer(since: Instant, until: Instant)
    /// The undos of the steps after it.
    case laterUndos
    /// The delay of its step.
    case delay(until: Instant)
    /// The time that its handler named.
    case notYet(until: Instant)
    /// An answer by whoever holds its task token.
    case deferred(since: Instant, until: Instant?)
    /// A child saga, in this state.
    case child(SagaID, SagaState, since: Instant)
    /// A person, who resumes the saga.
    case suspended(since: Instant)
    /// A person, who settles the parked saga.
    case parked(since: Instant)
}
