internal import Saga
internal import SagaCoordinator
internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC

// Clients: each does one thing after the other, and asks again until it is answered.
extension World {
    /// A client does the next thing, or gives up waiting.
    func clientGoesOn(_ number: Int) {
        if let waiting = clients[number].waiting {
            guard waiting.until <= now else { return }
            hangUp(waiting.call)
            clients[number].waiting = nil
        }
        guard let work = clients[number].wishes.last else { return }
        guard host.coordinator != nil else {
            queue.add(.client(number), at: now + random.span(1_000...500_000))
            return
        }
        if case .verb(let verb, let saga, let step) = work {
            // It may be done even if nobody hears of it.
            check.gave(verb, saga, step)
            if let standing = host.coordinator?.standing(of: saga) {
                coverage.note("verb \(verb.label)", standing.state.label)
            }
        }
        trace.note(now, "asks", number, "\(work)")
        let (path, message) = request(work, number)
        let call = open(.client(number), path, [.message(message), .halfClose])
        let isImpatient = random.chance(rates[.impatientClient])
        let patience = isImpatient ? random.span(100...3_000_000) : 90_000_000
        clients[number].waiting = (call, now + patience)
        queue.add(.client(number), at: now + patience)
    }

    private func request(
        _ work: SimulatedClient.Work, _ client: Int
    ) -> (path: String, message: [UInt8]) {
        var bytes: [UInt8] = []
        let path: String
        switch work {
        case .register(let definition):
            path = "SagaService/RegisterDefinition"
            SagaServiceCodec.encodeRegisterDefinitionRequest(
                RegisterMessage(namespace: "", definition: definitions[definition]), into: &bytes,
                arena: &encoding)
        case .start(let start):
            path = "SagaService/StartSaga"
            SagaServiceCodec.encodeStartSagaRequest(
                message(start, client), into: &bytes, arena: &encoding)
        case .await(let saga):
            path = "SagaService/AwaitSaga"
            SagaServiceCodec.encodeAwaitSagaRequest(
                AwaitMessage(namespace: "", saga: .id(saga)), into: &bytes, arena: &encoding)
        case .verb(.cancel, let saga, _):
            path = "SagaService/CancelSaga"
            SagaServiceCodec.encodeCancelSagaRequest(
                CancelMessage(namespace: "", saga: .id(saga), reason: "somebody wants it"),
                into: &bytes, arena: &encoding)
        case .verb(let verb, let saga, let step):
            path = "AdminService/\(verb.method)"
            AdminServiceCodec.encodeVerbRequest(
                VerbMessage(
                    namespace: "", saga: .id(saga), step: step,
                    output: verb == .skip
                        ? Payload(contentType: Payload.json, bytes: Array("{\"key\":1}".utf8))
                        : nil,
                    reason: "somebody wants it"),
                into: &bytes, arena: &encoding)
        case .complete(let attempt, let outcome):
            let taskToken = ParticipantCodec.taskToken(attempt, namespace: "", arena: &encoding)
            path = "ParticipantService/CompleteTask"
            ParticipantCodec.encodeCompleteTaskRequest(
                taskToken: taskToken, outcome, into: &bytes, arena: &encoding)
        }
        return ("/saga.v1.\(path)", bytes)
    }

    private func message(_ start: SimulatedClient.Start, _ client: Int) -> StartMessage {
        let input = "{\"key\":\"\(start.key)\"}"
        let replaced = start.replaces ? clients[client].sagaOfKey[start.key] : nil
        if replaced != nil { clients[client].replacedKeys[start.key] = true }
        return StartMessage(
            namespace: "", definition: start.definition, key: start.key,
            keyIsRandom: start.keyIsRandom,
            input: Payload(contentType: Payload.json, bytes: Array(input.utf8)),
            startAt: start.startAt.map { MachineClock.instant(of: $0) }, replaces: replaced,
            inline: start.isInline
                ? definitions.first { $0.name == start.definition } : nil)
    }

    /// The coordinator spoke to a client.
    func told(_ next: Downward, client number: Int, call: CallNumber) {
        guard clients[number].waiting?.call == call else { return }
        switch next {
        case .message(let bytes):
            guard let work = clients[number].wishes.last else {
                check.fail(now, "client \(number) is answered twice")
                return
            }
            do throws(CodecFailure) {
                try answered(work, bytes, number)
            } catch {
                check.fail(now, "an answer to \(work) cannot be read: \(error)")
            }
        case .ended(let status):
            clients[number].waiting = nil
            if status.code != .ok, let work = clients[number].wishes.last {
                refused(work, status, number)
            }
            queue.add(.client(number), at: now + random.span(10...200_000))
        case .spoken: break
        case .lost:
            clients[number].waiting = nil
            queue.add(.client(number), at: now + random.span(1_000...500_000))
        }
    }

    private func answered(
        _ work: SimulatedClient.Work, _ bytes: [UInt8], _ number: Int
    ) throws(CodecFailure) {
        if let text = follower.words.acknowledge(work, definitions) { check.fail(now, text) }
        switch work {
        case .register: clients[number].wishes.removeLast()
        case .start(let wish):
            let start = try SagaServiceCodec.decodeStartSagaResponse(
                bytes.span, limits: CodecLimits(), arena: &decoding)
            clients[number].wishes.removeLast()
            acknowledged(start.id, wish, number)
        case .await(let saga):
            let answer = try SagaServiceCodec.decodeAwaitSagaResponse(
                bytes.span, limits: CodecLimits(), arena: &decoding)
            guard answer.isReached else { return }
            check.sawEnd(
                saga, answer.saga.state, onRecord: follower.engine.standing(of: saga)?.state, now)
            clients[number].wishes.removeLast()
        case .complete(let attempt, let outcome):
            check.completed(attempt, outcome)
            clients[number].wishes.removeLast()
        case .verb: clients[number].wishes.removeLast()
        }
    }

    private func acknowledged(_ saga: SagaID, _ wish: SimulatedClient.Start, _ number: Int) {
        let key = wish.key
        if let known = clients[number].sagaOfKey[key] {
            if known == saga { return }
            let end = follower.engine.standing(of: known)?.state
            guard clients[number].replacedKeys[key] != nil,
                end == .compensated || end == .abandoned
            else {
                check.fail(now, "key \(key) names \(known), then \(saga)")
                return
            }
        }
        if follower.engine.standing(of: saga) == nil {
            check.fail(now, "\(saga) is acknowledged, and not on record")
        }
        trace.note(now, "acknowledged", number, "\(saga)")
        clients[number].sagaOfKey[key] = saga
        clients[number].acknowledged.append(saga)
        check.acknowledged(saga, wish.definition)
        clients[number].wishes.append(.await(saga))
        if random.chance(rates[.cancel]) {
            clients[number].wishes.append(.verb(.cancel, saga, step: ""))
        }
    }

    private func refused(_ work: SimulatedClient.Work, _ status: RPCStatus, _ number: Int) {
        switch status.code {
        case .unavailable, .deadlineExceeded, .resourceExhausted: return
        case .failedPrecondition where mayBeRefused(work),
            .invalidArgument where mayBeRefused(work):
            // The saga stands where this cannot be done, or the attempt is another one by now.
            clients[number].wishes.removeLast()
        case .ok, .cancelled, .unknown, .invalidArgument, .notFound, .alreadyExists,
            .permissionDenied, .failedPrecondition, .aborted, .outOfRange, .unimplemented,
            .internal, .dataLoss, .unauthenticated:
            check.fail(now, "\(work) is refused: \(status.code.name) \(status.message)")
            clients[number].wishes.removeLast()
        }
    }

    private func mayBeRefused(_ work: SimulatedClient.Work) -> Bool {
        switch work {
        case .verb, .complete: true
        case .register, .start, .await: false
        }
    }
}

extension Verb {
    /// The method of the admin service.
    fileprivate var method: String {
        switch self {
        case .cancel: "CancelSaga"
        case .suspend: "SuspendSaga"
        case .resume: "ResumeSaga"
        case .retry: "RetrySaga"
        case .skip: "SkipStep"
        case .markCompensated: "MarkStepCompensated"
        case .compensate: "CompensateSaga"
        case .abandon: "AbandonSaga"
        }
    }
}
