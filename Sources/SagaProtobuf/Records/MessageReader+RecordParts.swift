internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Parts of records.
extension MessageReader {
    /// Action or compensation.
    static func direction(_ compensation: protobuf_c_boolean) -> Direction {
        compensation == 0 ? .action : .compensation
    }

    /// An attempt that is opened.
    static func opened(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Opened>
    ) throws(CodecFailure) -> Opened {
        // SAFETY: the message lives in the arena.
        unsafe Opened(
            step: StepIndex(Int(message.pointee.step)),
            direction: direction(message.pointee.compensation), number: message.pointee.number,
            child: childID(message.pointee.child_high, message.pointee.child_low))
    }

    /// The id of a child saga; nil for none.
    static func childID(_ high: UInt64, _ low: UInt64) -> SagaID? {
        high == 0 && low == 0 ? nil : SagaID(high: high, low: low)
    }

    /// A wait.
    static func wait(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Wait>
    ) throws(CodecFailure) -> Wait {
        // SAFETY: the message lives in the arena.
        try unsafe Wait(
            until: Instant(microseconds: message.pointee.until),
            duration: .microseconds(message.pointee.duration),
            reason: optionalValue(message.pointee.reason, "", "reason") ?? .backoff)
    }

    /// A wait that may be left out.
    static func optionalWait(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Wait>?
    ) throws(CodecFailure) -> Wait? {
        // SAFETY: the message lives in the arena.
        guard let message = unsafe message else { return nil }
        return try unsafe wait(message)
    }

    /// A payload that may be left out.
    static func optionalRecordPayload(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Payload>?, _ name: StaticString
    ) throws(CodecFailure) -> Payload? {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return nil }
        return try unsafe recordPayload(message, name)
    }

    /// A definition that one saga carries.
    static func inline(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__InlineDefinition>?
    ) throws(CodecFailure) -> InlineDefinition? {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return nil }
        return try unsafe InlineDefinition(
            namespace: text(message.pointee.namespace_, "inline_definition.", "namespace"),
            written: definition(message.pointee.written, named: "inline_definition.written"),
            filled: definition(message.pointee.filled, named: "inline_definition.filled"),
            digest: digest(message.pointee.digest, "inline_definition.digest"))
    }

    /// The step that a child saga runs for.
    static func parent(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__ParentStep>?
    ) -> ParentStep? {
        // SAFETY: the message lives in the arena.
        guard let message = unsafe message else { return nil }
        return unsafe ParentStep(
            saga: JournalPosition(message.pointee.saga),
            step: StepIndex(Int(message.pointee.step)))
    }

    /// What a child saga runs by.
    static func child(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__ChildDefinition>
    ) throws(CodecFailure) -> ChildDefinition {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe ChildDefinition(
            name: text(message.pointee.name, "", "name"),
            version: message.pointee.version == 0 ? nil : message.pointee.version,
            definition: JournalPosition(message.pointee.definition))
    }

    /// An id in the form of a hash.
    static func hashedID(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Hash128>?
    ) -> SagaID? {
        // SAFETY: the message lives in the arena.
        guard let message = unsafe message else { return nil }
        return unsafe SagaID(high: message.pointee.high, low: message.pointee.low)
    }

    private static func limit(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__TimeLimit>?
    ) throws(CodecFailure) -> TimeLimit {
        // SAFETY: the message lives in the arena.
        let message = try unsafe required(message, "", "limit")
        let step = unsafe StepIndex(Int(message.pointee.step))
        switch unsafe message.pointee.kind {
        case SAGA__JOURNAL__V1__TIME_LIMIT_KIND__TIME_LIMIT_KIND_SAGA: return .saga
        case SAGA__JOURNAL__V1__TIME_LIMIT_KIND__TIME_LIMIT_KIND_SCHEDULE_TO_START:
            return .scheduleToStart(step)
        case SAGA__JOURNAL__V1__TIME_LIMIT_KIND__TIME_LIMIT_KIND_SCHEDULE_TO_CLOSE:
            return .scheduleToClose(step)
        case SAGA__JOURNAL__V1__TIME_LIMIT_KIND__TIME_LIMIT_KIND_DEFERRAL:
            return unsafe .deferral(step, direction(message.pointee.compensation))
        default:  // no kind that a limit has
            throw CodecFailure("kind", .unknownValue(unsafe message.pointee.kind.rawValue))
        }
    }

    /// A limit that stands still.
    static func stopped(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__StoppedLimit>
    ) throws(CodecFailure) -> StoppedLimit {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe StoppedLimit(
            limit(message.pointee.limit), left: .microseconds(message.pointee.left))
    }

    /// A limit that runs again.
    static func running(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__RunningLimit>
    ) throws(CodecFailure) -> RunningLimit {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe RunningLimit(
            limit(message.pointee.limit), wait(required(message.pointee.wait, "", "wait")))
    }

    /// What is known of a step.
    static func stepToUndo(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__StepToUndo>
    ) throws(CodecFailure) -> StepToUndo {
        // SAFETY: the message lives in the arena.
        try unsafe StepToUndo(
            step: StepIndex(Int(message.pointee.step)),
            knowledge: value(message.pointee.knowledge, "", "knowledge"))
    }

    /// A label.
    static func label(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Label>
    ) throws(CodecFailure) -> Label {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe Label(
            name: text(message.pointee.name, "", "name"),
            value: text(message.pointee.value, "", "value"))
    }

    /// A payload exactly as it was recorded.
    static func recordPayload(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Payload>?, _ name: StaticString
    ) throws(CodecFailure) -> Payload {
        // SAFETY: the message and all it points to live in the arena.
        let message = try unsafe required(message, "", name)
        let type =
            unsafe message.pointee.json != 0
            ? Payload.json
            : try text(message.pointee.content_type, name, ".content_type")
        return unsafe Payload(contentType: type, bytes: bytes(message.pointee.data))
    }

    /// A failure as it was recorded.
    static func recordFailure(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Failure>?, _ name: StaticString
    ) throws(CodecFailure) -> Failure {
        // SAFETY: the message and all it points to live in the arena.
        let message = try unsafe required(message, "", name)
        let details = unsafe message.pointee.details
        return try unsafe Failure(
            code: text(message.pointee.code, name, ".code"),
            message: text(message.pointee.message, name, ".message"),
            details: details == nil ? nil : recordPayload(details, "details"))
    }
}
