internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

extension MessageReader {
    /// What somebody wants to follow.
    static func watch(
        _ message: UnsafeMutablePointer<Saga__V1__WatchEventsRequest>, _ limits: CodecLimits
    ) throws(CodecFailure) -> WatchMessage {
        // SAFETY: the message and all it points to live in the arena; as many kinds are there as
        // are counted.
        var watch = try unsafe WatchMessage(
            namespace: namespace(message.pointee.namespace_, limits), start: start(message),
            labels: pairs(message.pointee.labels, message.pointee.n_labels, "labels"))
        if let failure = CodecFailure(faults(of: watch.labels, "labels", limits)) { throw failure }
        if unsafe message.pointee.saga != nil {
            watch.saga = try unsafe saga(message.pointee.saga, limits)
        }
        if let definition = unsafe message.pointee.definition {
            watch.definition = try unsafe requiredText(
                definition.pointee.name, "definition.", "name", limit: limits.nameBytes)
            let version = unsafe definition.pointee.version
            watch.version = version == 0 ? nil : version
        }
        if case .key(let definition, _) = watch.saga, watch.definition ?? definition != definition {
            throw CodecFailure("definition.name", .wrong("is not that of the saga's business key"))
        }
        let kinds = unsafe UnsafeBufferPointer(
            start: message.pointee.kinds, count: message.pointee.n_kinds)
        for place in kinds.indices {
            let kind: EventKind = try unsafe value(kinds[place], "", "kinds")
            if !watch.kinds.contains(kind) { watch.kinds.append(kind) }
        }
        return watch
    }

    private static func start(
        _ message: UnsafeMutablePointer<Saga__V1__WatchEventsRequest>
    ) throws(CodecFailure) -> WatchMessage.Start {
        // SAFETY: the message and what it points to live in the arena.
        let cursor = unsafe bytes(message.pointee.cursor)
        if !cursor.isEmpty { return .after(EventCursor(bytes: cursor)) }
        let from = unsafe message.pointee.from
        switch from {
        case SAGA__V1__WATCH_FROM__WATCH_FROM_UNSPECIFIED, SAGA__V1__WATCH_FROM__WATCH_FROM_NOW:
            return .now
        case SAGA__V1__WATCH_FROM__WATCH_FROM_OLDEST: return .oldest
        default: throw CodecFailure("from", .unknownValue(from.rawValue))  // of later releases
        }
    }

    /// An event; nil for a kind that is not known here.
    static func event(
        _ message: UnsafeMutablePointer<Saga__V1__Event>, _ cursor: EventCursor,
        _ limits: CodecLimits
    ) throws(CodecFailure) -> SagaEvent? {
        // SAFETY: the message and all it points to live in the arena.
        let number = unsafe message.pointee.kind.rawValue
        guard let kind = EventKind.allCases.first(where: { $0.wireNumber.rawValue == number })
        else { return nil }
        let definition = try unsafe required(message.pointee.definition, "event.", "definition")
        var event = try unsafe SagaEvent(
            kind, of: sagaID(message.pointee.saga_id, "event.", "saga_id"),
            definition: text(definition.pointee.name, "event.definition.", "name"),
            version: definition.pointee.version,
            key: text(message.pointee.key, "event.", "key"),
            at: requiredInstant(message.pointee.at, "event.", "at"),
            position: JournalPosition(message.pointee.position), cursor: cursor)
        event.step = try unsafe text(message.pointee.step, "event.", "step")
        event.direction = try unsafe optionalValue(
            message.pointee.direction, "event.", "direction")
        if unsafe message.pointee.token != nil {
            event.token = try unsafe token(message.pointee.token, "event.")
        }
        event.participant = try unsafe participant(message.pointee.participant)
        event.took = try unsafe duration(message.pointee.took, "event.", "took")
        if unsafe message.pointee.failure != nil {
            event.failure = try unsafe failure(
                message.pointee.failure, "event.", "failure", limits)
        }
        if let entry = unsafe message.pointee.verb { event.verb = try unsafe given(entry) }
        if try unsafe !textBytes(message.pointee.child_saga_id, "event.", "child_saga_id").isEmpty {
            event.childSagaID = try unsafe sagaID(
                message.pointee.child_saga_id, "event.", "child_saga_id")
        }
        // One of a later release is not known here: that there is a reason is told all the same.
        let reason = unsafe message.pointee.attention.rawValue
        event.attention = AttentionReason.allCases.first { $0.wireNumber.rawValue == reason }
        return event
    }

    /// A verb; nil for one that is not known here.
    private static func given(
        _ message: UnsafeMutablePointer<Saga__V1__VerbEntry>
    ) throws(CodecFailure) -> SagaEvent.GivenVerb? {
        // SAFETY: the message and all it points to live in the arena.
        let number = unsafe message.pointee.verb.rawValue
        guard let verb = Verb.allCases.first(where: { $0.wireNumber.rawValue == number })
        else { return nil }
        return try unsafe SagaEvent.GivenVerb(
            verb: verb, principal: principal(message.pointee.by, "event.verb.by."),
            reason: text(message.pointee.reason, "event.verb.", "reason"))
    }
}
