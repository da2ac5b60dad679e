package import SagaModel
package import SagaProtobuf

/// What `sagactl` asks beside what everybody may: not part of the SDK's promise.
extension SagaClient {
    /// Starts a saga over bytes, with the wait and the key as they are told.
    package func start(_ message: StartMessage) async throws(SagaError) -> ShownStart {
        let wait = message.wait.map { $0.timeout ?? Limits.awaitRound } ?? .zero
        return try await startSaga(message, timeout: timeout + wait)
    }

    /// A saga, by its id or its definition and key.
    package func get(_ message: SagaMessage) async throws(SagaError) -> SagaStatus {
        try await getSaga(message)
    }

    /// One wait for a saga's end.
    package func awaitOnce(
        _ message: AwaitMessage
    ) async throws(SagaError) -> (saga: SagaStatus, isReached: Bool) {
        try await awaitSaga(message, round: message.wait.timeout ?? Limits.awaitRound)
    }

    /// Asks that a saga be cancelled, by its id or its definition and key.
    package func cancel(_ message: CancelMessage) async throws(SagaError) -> ShownCancellation {
        try await cancelSaga(message)
    }

    /// A page of sagas.
    package func list(_ request: ListRequest) async throws(SagaError) -> SagaPage {
        try await ask(
            "/saga.v1.SagaService/ListSagas",
            { SagaServiceCodec.encodeListSagasRequest(request, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try SagaServiceCodec.decodeListSagasResponse(bytes, arena: &arena)
            })
    }

    /// How many sagas there are of each kind.
    package func count(_ request: CountRequest) async throws(SagaError) -> SagaCounts {
        try await ask(
            "/saga.v1.SagaService/CountSagas",
            { SagaServiceCodec.encodeCountSagasRequest(request, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try SagaServiceCodec.decodeCountSagasResponse(bytes, arena: &arena)
            })
    }

    /// Deletes sagas from the archive that ended long ago, or counts them.
    package func purgeArchive(_ request: PurgeRequest) async throws(SagaError) -> PurgeAnswer {
        try await ask(
            "/saga.v1.AdminService/PurgeArchive",
            { AdminServiceCodec.encodePurgeArchiveRequest(request, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try AdminServiceCodec.decodePurgeArchiveResponse(bytes, arena: &arena)
            })
    }

    /// Makes a backup in a directory of the coordinator's host.
    ///
    /// - Parameter observe: told how far it is.
    package func backup(
        to directory: String, observe: (BackupProgress) -> Void
    ) async throws(SagaError) -> FinishedBackup {
        var request: [UInt8] = []
        var arena = EncodingArena(chunk: Limits.arenaChunkBytes)
        AdminServiceCodec.encodeBackupRequest(directory, into: &request, arena: &arena)
        let answers = try open("/saga.v1.AdminService/Backup", request)
        var finished: FinishedBackup?
        while true {
            guard let bytes = try await answers.next() else { break }
            let progress = try Self.read(bytes) { bytes, arena throws(CodecFailure) in
                try AdminServiceCodec.decodeBackupResponse(bytes, arena: &arena)
            }
            finished = progress.finished
            observe(progress)
        }
        guard let finished else {
            throw SagaError(
                .unavailable, reason: "", "the coordinator did not say what became of the backup")
        }
        return finished
    }

    /// One definition.
    package func definition(
        _ message: DefinitionMessage
    ) async throws(SagaError) -> ShownDefinition {
        try await ask(
            "/saga.v1.SagaService/GetDefinition",
            { SagaServiceCodec.encodeGetDefinitionRequest(message, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try SagaServiceCodec.decodeGetDefinitionResponse(bytes, arena: &arena)
            })
    }

    /// The definitions that are registered: all pages of them.
    package func definitions(
        _ message: DefinitionMessage
    ) async throws(SagaError) -> [DefinitionSummary] {
        var message = message
        message.pageSize = Limits.pageRows
        var all: [DefinitionSummary] = []
        repeat {
            let page = try await definitionPage(message)
            all += page.definitions
            message.after = page.next
        } while message.after != nil
        return all
    }

    private func definitionPage(
        _ message: DefinitionMessage
    ) async throws(SagaError) -> (definitions: [DefinitionSummary], next: DefinitionVersion?) {
        try await ask(
            "/saga.v1.SagaService/ListDefinitions",
            { SagaServiceCodec.encodeListDefinitionsRequest(message, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try SagaServiceCodec.decodeListDefinitionsResponse(bytes, arena: &arena)
            })
    }

    /// Handlers and instances, as the coordinator sees them: all pages of them.
    package func participants(
        _ message: ParticipantsMessage
    ) async throws(SagaError) -> (
        handlers: [HandlerStatus], instances: [InstanceStatus], observedAt: Instant?
    ) {
        var message = message
        message.pageSize = Limits.pageRows
        var handlers: [HandlerStatus] = []
        var instances: [InstanceStatus] = []
        var observedAt: Instant?
        repeat {
            let page = try await participantPage(message)
            handlers += page.handlers
            instances += page.instances
            observedAt = page.observedAt
            message.after = page.next
        } while message.after != nil
        return (handlers, instances, observedAt)
    }

    private func participantPage(
        _ message: ParticipantsMessage
    ) async throws(SagaError) -> (
        handlers: [HandlerStatus], instances: [InstanceStatus], observedAt: Instant?,
        next: ParticipantRow?
    ) {
        try await ask(
            "/saga.v1.AdminService/ListParticipants",
            { AdminServiceCodec.encodeListParticipantsRequest(message, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try AdminServiceCodec.decodeListParticipantsResponse(
                    bytes, namespace: message.namespace, arena: &arena)
            })
    }

    /// The coordinator's own status.
    package func coordinatorStatus() async throws(SagaError) -> CoordinatorStatus {
        try await ask(
            "/saga.v1.AdminService/GetStatus",
            { AdminServiceCodec.encodeGetStatusRequest(into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try AdminServiceCodec.decodeGetStatusResponse(bytes, arena: &arena)
            })
    }
}
