internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

/// Unary requests on their way to the engine: decoded, checked, completed with ids and hashes.
extension LoopServices {
    /// Hands a unary call's message on.
    func ask(
        _ open: OpenCall, _ call: ServerCallID, _ bytes: Span<UInt8>
    ) throws(CodecFailure) {
        switch open.method {
        case .startSaga:
            let message = try SagaServiceCodec.decodeStartSaga(
                bytes, limits: codecLimits, arena: &decoding)
            start(call, open, message)
        case .startSagas:
            let messages = try SagaServiceCodec.decodeStartSagas(
                bytes, limits: codecLimits, arena: &decoding)
            startAll(call, messages.map { request($0, open) })
        case .awaitSaga:
            let message = try SagaServiceCodec.decodeAwaitSaga(
                bytes, limits: codecLimits, arena: &decoding)
            let patience = patience(open, message.wait)
            calls[call]?.wish = message.wait
            let saga = selector(message.saga, in: message.namespace)
            look(for: saga, call)
            hand(
                .await(
                    CallID(call), saga, within: patience, untilEnded: message.wait.untilEnded,
                    view: message.wait.view))
        case .getSaga:
            let message = try SagaServiceCodec.decodeGetSaga(
                bytes, limits: codecLimits, arena: &decoding)
            calls[call]?.wish = AwaitWish(view: message.view)
            calls[call]?.excerpt = message.excerpt
            let saga = selector(message.saga, in: message.namespace)
            look(for: saga, call)
            hand(.get(CallID(call), saga, message.view))
        case .listSagas, .countSagas, .purgeArchive: try askOfMany(open, call, bytes)
        case .cancelSaga:
            let message = try SagaServiceCodec.decodeCancelSaga(
                bytes, limits: codecLimits, arena: &decoding)
            let saga = selector(message.saga, in: message.namespace)
            look(for: saga, call)
            hand(
                .verb(
                    CallID(call),
                    VerbRequest(
                        verb: .cancel, saga: saga, reason: message.reason,
                        principal: open.principal)))
        case .suspendSaga, .resumeSaga, .retrySaga, .skipStep, .markStepCompensated,
            .compensateSaga, .abandonSaga:
            try askVerb(open, call, bytes)
        case .completeTask:
            let request = try ParticipantCodec.decodeCompleteTask(
                bytes, limits: codecLimits, arena: &decoding)
            look(for: .id(namespace: request.namespace, request.attempt.task.saga), call)
            hand(.completeTask(CallID(call), request))
        case .registerDefinition, .getDefinition, .listDefinitions:
            try askOfDefinitions(open, call, bytes)
        case .getStatus:
            try AdminServiceCodec.decodeGetStatus(bytes, arena: &decoding)
            hand(.status(CallID(call)))
        case .listParticipants:
            let message = try AdminServiceCodec.decodeListParticipants(
                bytes, limits: codecLimits, arena: &decoding)
            calls[call]?.participants = message
            hand(.participants(CallID(call), namespace: message.namespace))
        case .attach: preconditionFailure("a session's messages are not requests")
        }
    }

    private func askVerb(
        _ open: OpenCall, _ call: ServerCallID, _ bytes: Span<UInt8>
    ) throws(CodecFailure) {
        guard let verb = open.method.verb else {
            preconditionFailure("\(open.method) is no verb")
        }
        let message = try AdminServiceCodec.decodeVerb(
            bytes, limits: codecLimits, arena: &decoding)
        let saga = selector(message.saga, in: message.namespace)
        look(for: saga, call)
        hand(
            .verb(
                CallID(call),
                VerbRequest(
                    verb: verb, saga: saga, step: message.step, output: message.output,
                    reason: message.reason,
                    principal: open.principal)))
    }

    private func askOfDefinitions(
        _ open: OpenCall, _ call: ServerCallID, _ bytes: Span<UInt8>
    ) throws(CodecFailure) {
        switch open.method {
        case .registerDefinition:
            let message = try SagaServiceCodec.decodeRegisterDefinition(
                bytes, limits: codecLimits, arena: &decoding)
            register(call, open, message)
        case .getDefinition:
            let message = try SagaServiceCodec.decodeGetDefinition(
                bytes, limits: codecLimits, arena: &decoding)
            hand(
                .definition(
                    CallID(call), namespace: message.namespace, name: message.name,
                    version: message.version))
        case .listDefinitions:
            let message = try SagaServiceCodec.decodeListDefinitions(
                bytes, limits: codecLimits, arena: &decoding)
            calls[call]?.definitions = message
            hand(.definitions(CallID(call), namespace: message.namespace))
        case .attach, .startSaga, .awaitSaga, .getSaga, .startSagas, .listSagas, .cancelSaga,
            .getStatus, .listParticipants, .completeTask, .suspendSaga, .resumeSaga, .retrySaga,
            .skipStep, .markStepCompensated, .compensateSaga, .abandonSaga, .countSagas,
            .purgeArchive:
            preconditionFailure("\(open.method) is not about definitions")
        }
    }

    /// Nobody waits for the answer to a call any more.
    func abandon(_ call: ServerCallID) {
        openBatches[call] = nil
        hand(.callEnded(CallID(call)))
    }

    // MARK: - Starts

    private func start(_ call: ServerCallID, _ open: OpenCall, _ message: StartMessage) {
        if let refusal = refusal(of: message) {
            refuse(call, refusal)
            return
        }
        var waits: Duration?
        if let wish = message.wait {
            waits = patience(open, wish)
            calls[call]?.wish = wish
            calls[call]?.namespace = message.namespace
        }
        hand(.start(CallID(call), request(message, open, waits: waits)))
    }

    /// One start of a batch, or why it cannot be one.
    private func request(
        _ message: Result<StartMessage, CodecFailure>, _ open: OpenCall
    ) -> Result<StartRequest, Refusal> {
        switch message {
        case .failure(let failure): .failure(failure.refusal)
        case .success(let message):
            if let refusal = refusal(of: message) {
                .failure(refusal)
            } else {
                .success(request(message, open, waits: nil))
            }
        }
    }

    private func refusal(of message: StartMessage) -> Refusal? {
        if context.pace.admission(at: context.now()) == .stuck { return .diskSlow }
        if let own = message.inline {
            let faults = own.faults(limits: definitionLimits)
            if !faults.isEmpty {
                return refusal(of: own, faults, field: "start.inline_definition")
            }
        }
        let size = message.input.bytes.count
        guard size > context.limits.payloadBytes else { return nil }
        return Refusal(
            .resourceExhausted, reason: "PAYLOAD_SIZE",
            "the input has \(size) bytes; the limit is \(context.limits.payloadBytes)",
            violations: [
                .init(
                    field: "start.input.data",
                    description: "has \(size) bytes, limit \(context.limits.payloadBytes)")
            ])
    }

    private func request(
        _ message: StartMessage, _ open: OpenCall, waits: Duration?
    ) -> StartRequest {
        let keyHash =
            message.key.isEmpty
            ? nil
            : RequestHashing.key(
                namespace: message.namespace, definition: message.definition, key: message.key)
        let inline = message.inline.map { own in
            InlineDefinition(
                namespace: message.namespace, written: own, filled: DefinitionDefaults.fill(own),
                digest: RequestHashing.definition(DefinitionCodec.packedForDigest(own)))
        }
        let now = context.now()
        var request = StartRequest(
            namespace: message.namespace, definition: message.definition, version: message.version,
            key: message.key, keyIsRandom: message.keyIsRandom, input: message.input,
            labels: message.labels, traceContext: message.traceContext, principal: open.principal,
            id: SagaID(at: now, shard: 0, entropy: context.entropy()),
            keyHash: keyHash,
            requestHash: RequestHashing.start(
                namespace: message.namespace, definition: message.definition,
                version: message.version, input: message.input, startAt: message.startAt,
                inline: inline?.digest),
            waits: waits, waitsUntilEnded: message.wait?.untilEnded ?? false,
            view: message.wait?.view ?? SagaView(), startAt: message.startAt, inline: inline,
            replaces: message.replaces)
        request.isDiskSlow = context.pace.admission(at: now) != .open
        return request
    }

    // MARK: - Parts of requests

    private func selector(_ name: SagaRef, in namespace: String) -> SagaSelector {
        switch name {
        case .id(let id): .id(namespace: namespace, id)
        case .key(let definition, let key):
            .key(
                namespace: namespace, definition: definition, key: key,
                RequestHashing.key(namespace: namespace, definition: definition, key: key))
        }
    }

    /// How long a call waits for a saga: as it wishes, at most to its own deadline, at most the
    /// limit. The answer is on its way a little before the deadline, so that it arrives.
    private func patience(
        _ open: OpenCall, _ wish: AwaitWish
    ) -> Duration {
        var patience = min(wish.timeout ?? context.limits.longestAwait, context.limits.longestAwait)
        if let deadline = open.request.deadline {
            let left = Duration.nanoseconds(deadline.nanoseconds - writer.now.nanoseconds)
            patience = min(patience, left * 0.9)
        }
        return max(patience, .zero)
    }

    // MARK: - Definitions

    private var definitionLimits: DefinitionLimits {
        var limits = DefinitionLimits()
        limits.steps = context.limits.definitionSteps
        return limits
    }

    private func register(_ call: ServerCallID, _ open: OpenCall, _ message: RegisterMessage) {
        let faults = message.definition.faults(limits: definitionLimits)
        guard faults.isEmpty else {
            refuse(call, refusal(of: message.definition, faults, field: "definition"))
            return
        }
        let digest = RequestHashing.definition(
            DefinitionCodec.packedForDigest(message.definition))
        hand(
            .register(
                CallID(call),
                RegisterRequest(
                    namespace: message.namespace, written: message.definition,
                    filled: DefinitionDefaults.fill(message.definition), digest: digest,
                    principal: open.principal)))
    }

    private func refusal(
        of definition: SagaDefinition, _ faults: [DefinitionFault], field: String
    ) -> Refusal {
        let shown = faults.prefix(context.limits.faultsShown)
        let count = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
        return Refusal(
            .invalidArgument, reason: "DEFINITION_INVALID",
            "definition \(ShownText.word(definition.name)) has \(count): "
                + shown.map(\.description).joined(separator: "; "),
            violations: shown.map {
                .init(field: "\(field).\($0.path.protoPath)", description: $0.description)
            })
    }
}
