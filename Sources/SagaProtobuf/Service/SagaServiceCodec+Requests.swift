internal import CSagaProtos
internal import SagaModel

/// What clients ask of `SagaService`, as the coordinator reads it.
extension SagaServiceCodec {
    /// Reads a StartSagaRequest.
    package static func decodeStartSaga(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> StartMessage {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__start_saga_request__unpack) {
            message throws(CodecFailure) in
            try unsafe MessageReader.startSaga(message, limits)
        }
    }

    /// Reads a StartSagasRequest; a start that is wrong by itself is an entry of its own.
    package static func decodeStartSagas(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> [Result<StartMessage, CodecFailure>] {
        // SAFETY: as `decodeStartSaga`.
        try unsafe arena.unpack(bytes, with: saga__v1__start_sagas_request__unpack) {
            message throws(CodecFailure) in
            try unsafe MessageReader.startSagas(message, limits)
        }
    }

    /// Reads a GetSagaRequest.
    package static func decodeGetSaga(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> SagaMessage {
        // SAFETY: as `decodeStartSaga`.
        try unsafe arena.unpack(bytes, with: saga__v1__get_saga_request__unpack) {
            message throws(CodecFailure) in
            try unsafe SagaMessage(
                namespace: MessageReader.namespace(message.pointee.namespace_, limits),
                saga: MessageReader.saga(message.pointee.saga, limits),
                view: MessageReader.view(message.pointee.view),
                excerpt: MessageReader.excerpt(message))
        }
    }

    /// Reads an AwaitSagaRequest.
    package static func decodeAwaitSaga(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> AwaitMessage {
        // SAFETY: as `decodeStartSaga`.
        try unsafe arena.unpack(bytes, with: saga__v1__await_saga_request__unpack) {
            message throws(CodecFailure) in
            let wait = unsafe message.pointee.wait
            return try unsafe AwaitMessage(
                namespace: MessageReader.namespace(message.pointee.namespace_, limits),
                saga: MessageReader.saga(message.pointee.saga, limits),
                wait: wait == nil ? AwaitWish() : MessageReader.wish(wait!))
        }
    }

    /// Reads a CancelSagaRequest.
    package static func decodeCancelSaga(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> CancelMessage {
        // SAFETY: as `decodeStartSaga`.
        try unsafe arena.unpack(bytes, with: saga__v1__cancel_saga_request__unpack) {
            message throws(CodecFailure) in
            try unsafe CancelMessage(
                namespace: MessageReader.namespace(message.pointee.namespace_, limits),
                saga: MessageReader.saga(message.pointee.saga, limits),
                reason: MessageReader.text(
                    message.pointee.reason, "", "reason", limit: limits.reasonBytes))
        }
    }

    /// Reads a RegisterDefinitionRequest.
    package static func decodeRegisterDefinition(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> RegisterMessage {
        // SAFETY: as `decodeStartSaga`.
        try unsafe arena.unpack(bytes, with: saga__v1__register_definition_request__unpack) {
            message throws(CodecFailure) in
            try unsafe RegisterMessage(
                namespace: MessageReader.namespace(message.pointee.namespace_, limits),
                definition: MessageReader.definition(
                    message.pointee.definition, named: "definition"))
        }
    }

    /// Reads a GetDefinitionRequest.
    package static func decodeGetDefinition(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> DefinitionMessage {
        // SAFETY: as `decodeStartSaga`.
        try unsafe arena.unpack(bytes, with: saga__v1__get_definition_request__unpack) {
            message throws(CodecFailure) in
            let definition = try unsafe MessageReader.required(
                message.pointee.definition, "", "definition")
            let version = unsafe definition.pointee.version
            return try unsafe DefinitionMessage(
                namespace: MessageReader.namespace(message.pointee.namespace_, limits),
                name: MessageReader.requiredText(
                    definition.pointee.name, "definition.", "name", limit: limits.nameBytes),
                version: version == 0 ? nil : version)
        }
    }

    /// Reads a ListDefinitionsRequest.
    package static func decodeListDefinitions(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> DefinitionMessage {
        // SAFETY: as `decodeStartSaga`.
        try unsafe arena.unpack(bytes, with: saga__v1__list_definitions_request__unpack) {
            message throws(CodecFailure) in
            var request = try unsafe DefinitionMessage(
                namespace: MessageReader.namespace(message.pointee.namespace_, limits),
                name: MessageReader.text(
                    message.pointee.name, "", "name", limit: limits.nameBytes),
                allVersions: message.pointee.all_versions != 0)
            (request.pageSize, request.after) = try unsafe MessageReader.page(
                message.pointee.page, DefinitionVersion.init(token:))
            return request
        }
    }
}
