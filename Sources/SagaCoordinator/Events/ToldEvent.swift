internal import SagaJournal
internal import SagaModel

/// An event with the saga that it is about, and the place behind it.
struct ToldEvent {
    /// The saga.
    var saga: WatchedSaga
    /// What happened.
    var event: RecordedEvent
    /// The record that tells of it.
    var position: JournalPosition
    /// Reading on from here gives what follows.
    var cursor: RecordCursor

    /// The event as watchers are shown it.
    var shown: SagaEvent {
        var shown = SagaEvent(
            event.kind, of: saga.id, definition: saga.definition.name,
            version: saga.definition.version, key: saga.key, at: event.at, position: position,
            cursor: EventCursor(cursor))
        shown.step = event.step.flatMap { saga.name(of: $0) } ?? ""
        shown.direction = event.direction
        shown.token = event.token
        shown.participant = event.instance
        shown.took = took
        shown.failure = event.failure
        shown.verb = event.verb.map {
            SagaEvent.GivenVerb(verb: $0.verb, principal: $0.principal, reason: $0.reason)
        }
        shown.childSagaID = event.child
        shown.attention = event.attention
        return shown
    }

    private var took: Duration? {
        switch event.kind {
        case .sagaCompleted, .sagaCompensated, .sagaAbandoned:
            max(.zero, event.at - saga.createdAt)
        case .sagaStarted, .sagaRunning, .sagaCompensating, .sagaFailed, .sagaTimedOut,
            .sagaSuspended, .sagaResumed, .stepStarted, .stepSucceeded, .stepFailed, .stepSkipped,
            .attemptEnded, .taskDeferred, .compensationStarted, .compensationSucceeded,
            .compensationFailed, .verbGiven, .attentionRaised, .attentionCleared:
            event.took
        }
    }
}

/// What reading the journal finds.
enum FoundEvent {
    /// Something happened.
    case told(ToldEvent)
    /// So many records in a row tell nothing, because they or the start of their saga cannot be
    /// read.
    ///
    /// Without its start nobody knows in which namespace a saga is, so its events may not be shown
    /// to anybody; and to say nothing would be a silent gap. All watchers are told how much was
    /// passed over, and the status of the coordinator names the sagas that are set aside.
    case unreadable(records: UInt64, cursor: RecordCursor)

    /// Reading on from here gives what follows.
    var cursor: RecordCursor {
        switch self {
        case .told(let told): told.cursor
        case .unreadable(_, let cursor): cursor
        }
    }
}
