public import SagaModel
internal import SagaProtobuf

extension SagaClient {
    /// Registers a definition; equal content again changes nothing.
    ///
    /// - Throws: `SagaError` with `alreadyExists` if the version has other content, and with
    ///   `invalidArgument` for a definition that the coordinator does not take.
    @discardableResult
    public func register(
        _ definition: SagaDefinition
    ) async throws(SagaError) -> Registration {
        let message = RegisterMessage(namespace: namespace, definition: definition)
        let answer = try await ask(
            "/saga.v1.SagaService/RegisterDefinition",
            { SagaServiceCodec.encodeRegisterDefinitionRequest(message, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try SagaServiceCodec.decodeRegisterDefinitionResponse(bytes, arena: &arena)
            })
        return Registration(
            name: answer.name, version: answer.version, digest: answer.digest,
            existing: answer.existing,
            warnings: answer.warnings.map {
                Registration.Warning(
                    reason: $0.reason, step: $0.step, field: $0.field, message: $0.message)
            })
    }
}
