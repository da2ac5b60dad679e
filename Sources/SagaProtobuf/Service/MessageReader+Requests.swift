internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// What clients ask for.
extension MessageReader {
    /// One start; every label that is wrong is named.
    static func start(
        _ message: UnsafeMutablePointer<Saga__V1__SagaStart>, namespace: String,
        _ limits: CodecLimits
    ) throws(CodecFailure) -> StartMessage {
        // SAFETY: the case says which member of the union is set; what it points to lives in the
        // arena.
        var name: String
        var version: UInt32?
        var inline: SagaDefinition?
        switch unsafe message.pointee.runs_case {
        case SAGA__V1__SAGA_START__RUNS_DEFINITION:
            let definition = try unsafe required(message.pointee.definition, "", "definition")
            name = try unsafe requiredText(
                definition.pointee.name, "definition.", "name", limit: limits.nameBytes)
            version = unsafe definition.pointee.version == 0 ? nil : definition.pointee.version
        case SAGA__V1__SAGA_START__RUNS_INLINE_DEFINITION:
            let own = try unsafe definition(
                message.pointee.inline_definition, named: "inline_definition")
            (name, inline) = (own.name, own)
        default: throw CodecFailure("definition", .unset)  // no member of the oneof is set
        }
        var replaces: SagaID?
        if try unsafe !textBytes(message.pointee.replaces, "", "replaces").isEmpty {
            replaces = try unsafe sagaID(message.pointee.replaces, "", "replaces")
        }
        let start = try unsafe StartMessage(
            namespace: namespace, definition: name, version: version,
            key: text(message.pointee.key, "", "key"),
            keyIsRandom: message.pointee.key_is_random != 0,
            input: payload(message.pointee.input, "", "input", limits),
            labels: pairs(message.pointee.labels, message.pointee.n_labels, "labels"),
            traceContext: pairs(
                message.pointee.trace_context, message.pointee.n_trace_context, "trace_context"),
            startAt: instant(message.pointee.start_at, "", "start_at"), replaces: replaces,
            inline: inline)
        var faults = self.faults(of: start.labels, "labels", limits)
        faults += self.faults(of: start.traceContext, "trace_context", limits)
        if start.key.utf8.count > limits.keyBytes {
            faults.append(.init(field: "key", reason: .tooLong(limit: limits.keyBytes)))
        }
        if let failure = CodecFailure(faults) { throw failure }
        return start
    }

    /// The start of a StartSagaRequest, with its wait.
    static func startSaga(
        _ message: UnsafeMutablePointer<Saga__V1__StartSagaRequest>, _ limits: CodecLimits
    ) throws(CodecFailure) -> StartMessage {
        // SAFETY: the message and all it points to live in the arena.
        let namespace = try unsafe namespace(message.pointee.namespace_, limits)
        let given = try unsafe required(message.pointee.start, "", "start")
        var start: StartMessage
        do throws(CodecFailure) {
            start = try unsafe self.start(given, namespace: namespace, limits)
        } catch {
            throw error.inside("start")
        }
        if let wait = unsafe message.pointee.wait { start.wait = try unsafe wish(wait) }
        return start
    }

    /// The starts of a StartSagasRequest.
    static func startSagas(
        _ message: UnsafeMutablePointer<Saga__V1__StartSagasRequest>, _ limits: CodecLimits
    ) throws(CodecFailure) -> [Result<StartMessage, CodecFailure>] {
        // SAFETY: the message and all it points to live in the arena.
        let namespace = try unsafe namespace(message.pointee.namespace_, limits)
        if unsafe message.pointee.n_starts > limits.starts {
            throw CodecFailure("starts", .tooMany(limit: limits.starts))
        }
        return try unsafe list(
            message.pointee.starts, message.pointee.n_starts, "starts"
        ) { given throws(CodecFailure) in
            do throws(CodecFailure) {
                return .success(try unsafe self.start(given, namespace: namespace, limits))
            } catch {
                return .failure(error)
            }
        }
    }

    /// How to wait.
    static func wish(
        _ message: UnsafeMutablePointer<Saga__V1__AwaitOptions>
    ) throws(CodecFailure) -> AwaitWish {
        // SAFETY: the message and all it points to live in the arena.
        let condition = unsafe message.pointee.condition
        switch condition {
        case SAGA__V1__AWAIT_CONDITION__AWAIT_CONDITION_UNSPECIFIED,
            SAGA__V1__AWAIT_CONDITION__AWAIT_CONDITION_ENDED_OR_PARKED,
            SAGA__V1__AWAIT_CONDITION__AWAIT_CONDITION_ENDED:
            break
        default:  // numbers of later releases
            throw CodecFailure("wait.condition", .unknownValue(condition.rawValue))
        }
        return try unsafe AwaitWish(
            timeout: wait(message.pointee.timeout, "wait.", "timeout"),
            untilEnded: condition == SAGA__V1__AWAIT_CONDITION__AWAIT_CONDITION_ENDED,
            view: view(message.pointee.view))
    }

    /// What an answer carries; left out: output and steps.
    static func view(_ message: UnsafeMutablePointer<Saga__V1__SagaView>?) -> SagaView {
        // SAFETY: the message lives in the arena.
        guard let message = unsafe message else { return SagaView() }
        return unsafe SagaView(
            output: message.pointee.output != 0, steps: message.pointee.steps != 0,
            history: message.pointee.history != 0, payloads: message.pointee.payloads != 0)
    }

    /// What of a saga is wanted.
    static func excerpt(
        _ message: UnsafeMutablePointer<Saga__V1__GetSagaRequest>
    ) throws(CodecFailure) -> SagaExcerpt {
        // SAFETY: the message and all it points to live in the arena.
        let part = unsafe message.pointee.part
        return try unsafe SagaExcerpt(
            steps: texts(message.pointee.steps, message.pointee.n_steps, "", "steps"),
            part: part == SAGA__V1__SAGA_PART__SAGA_PART_UNSPECIFIED
                ? nil : value(part, "", "part"))
    }

    /// How a request names its saga.
    static func saga(
        _ message: UnsafeMutablePointer<Saga__V1__SagaRef>?, _ limits: CodecLimits
    ) throws(CodecFailure) -> SagaRef {
        // SAFETY: the case says which member of the union is set; what it points to lives in the
        // arena.
        let message = try unsafe required(message, "", "saga")
        switch unsafe message.pointee.name_case {
        case SAGA__V1__SAGA_REF__NAME_SAGA_ID:
            return .id(try unsafe sagaID(message.pointee.saga_id, "saga.", "saga_id"))
        case SAGA__V1__SAGA_REF__NAME_BUSINESS_KEY:
            let key = try unsafe required(message.pointee.business_key, "saga.", "business_key")
            return try unsafe .key(
                definition: requiredText(
                    key.pointee.definition, "saga.business_key.", "definition",
                    limit: limits.nameBytes),
                key: requiredText(
                    key.pointee.key, "saga.business_key.", "key", limit: limits.keyBytes))
        default: throw CodecFailure("saga", .unset)  // no member of the oneof is set
        }
    }

    /// How many rows are wanted, and what the page before ended with.
    static func page<Place>(
        _ page: UnsafeMutablePointer<Saga__V1__PageRequest>?, _ place: (String) -> Place?
    ) throws(CodecFailure) -> (size: UInt32, place: Place?) {
        // SAFETY: the message and all it points to live in the arena.
        guard let page = unsafe page else { return (100, nil) }
        let size = unsafe page.pointee.size
        let token = try unsafe text(page.pointee.token, "page.", "token")
        let found = place(token)
        if found == nil, !token.isEmpty {
            throw CodecFailure("page.token", .wrong("is not that of a page before"))
        }
        return (size == 0 ? 100 : min(size, 1_000), found)
    }
}
