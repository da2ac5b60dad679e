internal import CSagaProtos
internal import SagaModel

/// What only some sagas have, as clients are shown it.
extension MessageReader {
    /// The fields of a saga that only some have.
    ///
    /// - Parameter startedAt: when its start was recorded.
    static func more(
        _ message: UnsafeMutablePointer<Saga__V1__Saga>, _ startedAt: Instant,
        _ limits: CodecLimits
    ) throws(CodecFailure) -> SagaMore {
        // SAFETY: the message and all it points to live in the arena.
        var more = SagaMore()
        more.startAt = try unsafe instant(message.pointee.start_at, "saga.", "start_at")
        let running = try unsafe instant(message.pointee.started_at, "saga.", "started_at")
        more.runningSince = running == startedAt ? nil : running
        more.deadline = try unsafe instant(message.pointee.deadline, "saga.", "deadline")
        if let suspension = unsafe message.pointee.suspension {
            more.suspension = try unsafe self.suspension(suspension)
        }
        if let parking = unsafe message.pointee.parking {
            more.parking = try unsafe self.parking(parking, limits)
        }
        if let asked = unsafe message.pointee.cancel_request {
            more.cancelRequest = try unsafe CancelRequest(
                by: principal(asked.pointee.by, "cancel_request.by."),
                reason: text(asked.pointee.reason, "cancel_request.", "reason"),
                at: requiredInstant(asked.pointee.at, "cancel_request.", "at"),
                waitsForPivot: asked.pointee.waits_for_pivot != 0)
        }
        if let wentBack = unsafe message.pointee.went_back {
            more.sentBackBy = try unsafe verb(wentBack.pointee.verb)
        }
        if let abandonment = unsafe message.pointee.abandonment {
            more.abandonedBy = try unsafe verb(abandonment.pointee.verb)
            more.left = try unsafe list(
                abandonment.pointee.left, abandonment.pointee.n_left, "abandonment.left"
            ) { left throws(CodecFailure) in
                let need = unsafe left.pointee.undo_need
                return LeftEffect(
                    step: try unsafe text(left.pointee.step, "left.", "step"),
                    isKnown: need == SAGA__V1__UNDO_NEED__UNDO_NEED_KNOWN)
            }
        }
        if let parent = unsafe message.pointee.parent {
            more.parent = try unsafe SagaParent(
                saga: sagaID(parent.pointee.saga_id, "parent.", "saga_id"),
                step: text(parent.pointee.step, "parent.", "step"))
        }
        more.replaces = try unsafe optionalID(message.pointee.replaces, "replaces")
        more.replacedBy = try unsafe optionalID(message.pointee.replaced_by, "replaced_by")
        more.verbs = try unsafe list(message.pointee.verbs, message.pointee.n_verbs, "verbs") {
            entry throws(CodecFailure) in
            try unsafe verb(entry)
        }.compactMap(\.self)
        return more
    }

    private static func optionalID(
        _ start: UnsafeMutablePointer<CChar>?, _ name: StaticString
    ) throws(CodecFailure) -> SagaID? {
        // SAFETY: the text lives in the arena.
        try unsafe textBytes(start, "saga.", name).isEmpty ? nil : sagaID(start, "saga.", name)
    }

    private static func suspension(
        _ message: UnsafeMutablePointer<Saga__V1__Suspension>
    ) throws(CodecFailure) -> SagaSuspension {
        // SAFETY: the message and all it points to live in the arena.
        let by = unsafe message.pointee.by
        return try unsafe SagaSuspension(
            by: by == nil ? nil : principal(by, "suspension.by."),
            step: text(message.pointee.step, "suspension.", "step"),
            reason: text(message.pointee.reason, "suspension.", "reason"),
            since: requiredInstant(message.pointee.since, "suspension.", "since"))
    }

    /// Nil if it is parked by a rule of a later release.
    private static func parking(
        _ message: UnsafeMutablePointer<Saga__V1__Parking>, _ limits: CodecLimits
    ) throws(CodecFailure) -> SagaParking? {
        // SAFETY: the message and all it points to live in the arena.
        let number = unsafe message.pointee.reason.rawValue
        guard let reason = ParkingReason.allCases.first(where: { $0.wireNumber.rawValue == number })
        else { return nil }
        return try unsafe SagaParking(
            reason: reason, fault: fault(message.pointee.failure, limits),
            direction: value(message.pointee.direction, "parking.", "direction"),
            since: requiredInstant(message.pointee.since, "parking.", "since"))
    }

    /// A verb that was given; nil for none, or one of a later release.
    static func verb(
        _ message: UnsafeMutablePointer<Saga__V1__VerbEntry>?
    ) throws(CodecFailure) -> VerbEntry? {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return nil }
        let number = unsafe message.pointee.verb.rawValue
        guard let verb = Verb.allCases.first(where: { $0.wireNumber.rawValue == number })
        else { return nil }
        return try unsafe VerbEntry(
            verb: verb, step: text(message.pointee.step, "verb.", "step"),
            by: principal(message.pointee.by, "verb.by."),
            reason: text(message.pointee.reason, "verb.", "reason"),
            at: requiredInstant(message.pointee.at, "verb.", "at"))
    }

    /// Why a person should look at a saga; reasons of later releases are passed over.
    static func attention(
        _ message: UnsafeMutablePointer<Saga__V1__Saga>, _ limits: CodecLimits
    ) throws(CodecFailure) -> [Attention] {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe list(message.pointee.attention, message.pointee.n_attention, "attention") {
            entry throws(CodecFailure) in
            try unsafe attention(entry, limits)
        }.compactMap(\.self)
    }

    private static func attention(
        _ message: UnsafeMutablePointer<Saga__V1__Attention>, _ limits: CodecLimits
    ) throws(CodecFailure) -> Attention? {
        // SAFETY: the message and all it points to live in the arena.
        let number = unsafe message.pointee.reason.rawValue
        guard
            let reason = AttentionReason.allCases.first(where: { $0.wireNumber.rawValue == number })
        else { return nil }
        let (task, last) = unsafe (message.pointee.task, message.pointee.last_failure)
        let direction = unsafe task?.pointee.direction
        return try unsafe Attention(
            reason, step: text(task?.pointee.step, "attention.", "step"),
            direction: direction == Direction.compensation.wireNumber ? .compensation : .action,
            since: instant(message.pointee.since, "attention.", "since"),
            lastFailure: last == nil ? nil : failure(last, "attention.", "last_failure", limits),
            nextAttemptAt: instant(
                message.pointee.next_attempt_at, "attention.", "next_attempt_at"),
            failures: message.pointee.failures,
            handler: text(message.pointee.handler, "attention.", "handler"))
    }
}
