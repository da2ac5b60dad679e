internal import CProtobufC
internal import CSagaProtos
package import SagaModel

/// What the coordinator answered to the calls of `SagaService`, as clients read it.
extension SagaServiceCodec {
    /// Reads a StartSagaResponse.
    package static func decodeStartSagaResponse(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> ShownStart {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__start_saga_response__unpack) {
            message throws(CodecFailure) in
            let started = try unsafe MessageReader.required(message.pointee.started, "", "started")
            let saga = unsafe message.pointee.saga
            return try unsafe ShownStart(
                id: MessageReader.sagaID(started.pointee.saga_id, "started.", "saga_id"),
                existing: started.pointee.existing != 0,
                definition: MessageReader.definitionVersion(started.pointee.definition),
                saga: saga == nil
                    ? nil : MessageReader.saga(saga!, observedAt: nil, limits),
                isReached: message.pointee.reached != 0)
        }
    }

    /// Reads a StartSagasResponse.
    package static func decodeStartSagasResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> [StartResult] {
        enum Entry {
            case started(SagaID, existing: Bool, DefinitionVersion?)
            case error(code: Int32, message: String, details: [Detail])
        }
        // SAFETY: the message is read before anything of the arena is taken back; what is kept of
        // errors is copied. The case says which member of the union is set.
        let entries = try unsafe arena.unpack(
            bytes, with: saga__v1__start_sagas_response__unpack
        ) { message throws(CodecFailure) in
            try unsafe MessageReader.list(
                message.pointee.results, message.pointee.n_results, "results"
            ) { result throws(CodecFailure) -> Entry in
                if unsafe result.pointee.result_case == SAGA__V1__START_RESULT__RESULT_STARTED {
                    let started = try unsafe MessageReader.required(
                        result.pointee.started, "", "started")
                    return try unsafe .started(
                        MessageReader.sagaID(started.pointee.saga_id, "started.", "saga_id"),
                        existing: started.pointee.existing != 0,
                        MessageReader.definitionVersion(started.pointee.definition))
                }
                guard
                    unsafe result.pointee.result_case == SAGA__V1__START_RESULT__RESULT_ERROR
                else { throw CodecFailure("result", .unset) }
                let error = try unsafe MessageReader.required(result.pointee.error, "", "error")
                return try unsafe .error(
                    code: error.pointee.code,
                    message: MessageReader.text(error.pointee.message, "error.", "message"),
                    details: MessageReader.details(error))
            }
        }
        var results: [StartResult] = []
        results.reserveCapacity(entries.count)
        for entry in entries {
            switch entry {
            case .started(let id, let existing, let definition):
                results.append(.started(id, existing: existing, definition))
            case .error(let code, let message, let details):
                results.append(
                    .refused(try StatusCodec.refusal(code, message, details, &arena)))
            }
        }
        return results
    }

    /// Reads a GetSagaResponse.
    package static func decodeGetSagaResponse(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> SagaStatus {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__get_saga_response__unpack) {
            message throws(CodecFailure) in
            try unsafe MessageReader.saga(
                MessageReader.required(message.pointee.saga, "", "saga"),
                observedAt: MessageReader.instant(message.pointee.now, "", "now"), limits)
        }
    }

    /// Reads an AwaitSagaResponse: the saga, and whether the wait ended for its condition.
    package static func decodeAwaitSagaResponse(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> (saga: SagaStatus, isReached: Bool) {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__await_saga_response__unpack) {
            message throws(CodecFailure) in
            try unsafe (
                MessageReader.saga(
                    MessageReader.required(message.pointee.saga, "", "saga"),
                    observedAt: MessageReader.instant(message.pointee.now, "", "now"), limits),
                message.pointee.reached != 0
            )
        }
    }

    /// Reads a CancelSagaResponse.
    package static func decodeCancelSagaResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> ShownCancellation {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__cancel_saga_response__unpack) {
            message throws(CodecFailure) in
            try unsafe ShownCancellation(
                id: MessageReader.sagaID(message.pointee.saga_id, "", "saga_id"),
                state: MessageReader.value(message.pointee.state, "", "state"),
                disposition: MessageReader.value(
                    message.pointee.disposition, "", "disposition"))
        }
    }

    /// Reads a RegisterDefinitionResponse.
    package static func decodeRegisterDefinitionResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> ShownRegistration {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__register_definition_response__unpack) {
            message throws(CodecFailure) in
            let definition = try unsafe MessageReader.required(
                message.pointee.definition, "", "definition")
            return try unsafe ShownRegistration(
                name: MessageReader.text(definition.pointee.name, "definition.", "name"),
                version: definition.pointee.version,
                digest: MessageReader.digest(message.pointee.digest, "digest"),
                existing: message.pointee.existing != 0,
                warnings: MessageReader.list(
                    message.pointee.warnings, message.pointee.n_warnings, "warnings",
                    MessageReader.warning))
        }
    }

    /// Reads a GetDefinitionResponse.
    package static func decodeGetDefinitionResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> ShownDefinition {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__get_definition_response__unpack) {
            message throws(CodecFailure) in
            try unsafe ShownDefinition(
                written: MessageReader.definition(
                    message.pointee.definition, named: "definition"),
                filled: MessageReader.definition(message.pointee.resolved, named: "resolved"),
                summary: MessageReader.summary(
                    MessageReader.required(message.pointee.summary, "", "summary")))
        }
    }

    /// Reads a ListDefinitionsResponse: definitions, and after which one to ask for more.
    package static func decodeListDefinitionsResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> (definitions: [DefinitionSummary], next: DefinitionVersion?) {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__list_definitions_response__unpack) {
            message throws(CodecFailure) in
            let definitions = try unsafe MessageReader.list(
                message.pointee.definitions, message.pointee.n_definitions, "definitions",
                MessageReader.summary)
            return try unsafe (
                definitions,
                MessageReader.next(message.pointee.page, DefinitionVersion.init(token:))
            )
        }
    }
}

extension MessageReader {
    /// What the next page follows; nil after the last one.
    static func next<Place>(
        _ page: UnsafeMutablePointer<Saga__V1__PageInfo>?, _ place: (String) -> Place?
    ) throws(CodecFailure) -> Place? {
        // SAFETY: the message and all it points to live in the arena.
        guard let page = unsafe page else { return nil }
        return try unsafe place(text(page.pointee.next_token, "page.", "next_token"))
    }

    fileprivate static func warning(
        _ message: UnsafeMutablePointer<Saga__V1__DefinitionWarning>
    ) throws(CodecFailure) -> ShownRegistration.Warning {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe ShownRegistration.Warning(
            reason: text(message.pointee.reason, "", "reason"),
            step: text(message.pointee.step, "", "step"),
            field: text(message.pointee.field, "", "field"),
            message: text(message.pointee.message, "", "message"))
    }

    fileprivate static func summary(
        _ message: UnsafeMutablePointer<Saga__V1__DefinitionSummary>
    ) throws(CodecFailure) -> DefinitionSummary {
        // SAFETY: the message and all it points to live in the arena.
        let definition = try unsafe required(message.pointee.definition, "", "definition")
        return try unsafe DefinitionSummary(
            name: text(definition.pointee.name, "definition.", "name"),
            version: definition.pointee.version,
            digest: digest(message.pointee.digest, "digest"),
            registeredAt: requiredInstant(message.pointee.registered_at, "", "registered_at"),
            steps: message.pointee.step_count, pivot: text(message.pointee.pivot, "", "pivot"),
            isLatest: message.pointee.latest != 0, liveSagas: message.pointee.live_sagas)
    }
}
