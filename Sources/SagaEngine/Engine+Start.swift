internal import SagaModel

extension Engine {
    /// Registers a definition, unless equal content is there already.
    mutating func register(_ call: CallID, _ request: RegisterRequest) {
        let written = request.written
        if let there = definitions.find(request.namespace, written.name, written.version) {
            guard there.definition.digest == request.digest else {
                refuse(
                    call,
                    Refusal(
                        .alreadyExists, reason: "DEFINITION_VERSION_TAKEN",
                        "definition \(written.name) v\(written.version) is registered with other "
                            + "content (digest \(there.definition.digest.short)); a version never "
                            + "changes, so raise the version"))
                return
            }
            reply(call, .registered(registerAnswer(request, existing: true)))
            return
        }
        guard definitions.all.count < limits.definitions else {
            refuse(
                call,
                Refusal(
                    .resourceExhausted, reason: "DEFINITIONS",
                    "\(limits.definitions) definitions are registered, which is the limit"))
            return
        }
        emit(
            .definitionRegistered(
                DefinitionRegistered(
                    namespace: request.namespace, written: written, filled: request.filled,
                    digest: request.digest, principal: request.principal, at: now)))
        joinAll()
        reply(call, .registered(registerAnswer(request, existing: false)))
    }

    private func registerAnswer(_ request: RegisterRequest, existing: Bool) -> RegisterAnswer {
        let offered = offeredHandlers(in: request.namespace)
        let known = Set(offered)
        var searches = DefinitionLimits().suggestions
        let unknown = request.written.steps.compactMap { step -> UnknownHandler? in
            guard case .handler(let handler) = step.work, !known.contains(handler) else {
                return nil
            }
            // A definition and its participants decide how many names there are on both sides.
            searches -= 1
            return UnknownHandler(
                step: step.name, handler: handler,
                nearest: searches < 0
                    ? [] : NearestName.candidates(for: handler, among: offered))
        }
        return RegisterAnswer(
            name: request.written.name, version: request.written.version, digest: request.digest,
            existing: existing, unknownHandlers: unknown)
    }

    /// Starts a saga, or finds the one that its key names.
    mutating func start(_ call: CallID, _ request: StartRequest) {
        // Each start takes one key at most, so that this many keep the table clean.
        keys.dropEnded(now: now, atMost: 16)
        if let existing = request.keyHash.flatMap({ keys.find($0, now: now) }) {
            startAgain(call, request, existing)
            return
        }
        guard
            let registered = definitions.find(
                request.namespace, request.definition, request.version)
        else {
            refuse(call, unknownDefinition(request))
            return
        }
        if let refusal = limitReached(request) {
            refuse(call, refusal)
            return
        }
        let definition = registered.definition
        let roots = definition.steps.indices.filter { definition.steps[$0].after.isEmpty }
        emit(
            .sagaStarted(
                SagaStarted(
                    id: request.id, definition: definition.position, key: request.key,
                    keyIsRandom: request.keyIsRandom, keyHash: request.keyHash,
                    input: request.input, labels: request.labels,
                    traceContext: request.traceContext, principal: request.principal, at: now,
                    opened: roots.map {
                        Opened(step: StepIndex($0), direction: .action, number: 1)
                    })))
        counts.started += 1
        guard let saga = sagas[request.id] else {
            preconditionFailure("saga \(request.id) is not there after its start")
        }
        if let hash = request.keyHash {
            emit(
                .keyTaken(KeyTaken(key: hash, request: request.requestHash, saga: request.id)),
                saga: saga)
        }
        if let patience = request.waits {
            wait(call, for: saga, patience, startedExisting: false)
        } else {
            reply(call, .started(request.id, existing: false, nil))
        }
    }

    private mutating func startAgain(
        _ call: CallID, _ request: StartRequest, _ existing: KeyEntry
    ) {
        guard existing.request == request.requestHash else {
            refuse(
                call,
                Refusal(
                    .alreadyExists, reason: "KEY_TAKEN",
                    "key \(request.key) of \(request.definition) names saga \(existing.saga), "
                        + "which was started with another request", saga: existing.saga))
            return
        }
        guard let patience = request.waits else {
            reply(call, .started(existing.saga, existing: true, nil))
            return
        }
        guard let saga = sagas[existing.saga] else {
            refuse(call, dropped(existing.saga))
            return
        }
        wait(call, for: saga, patience, startedExisting: true)
    }

    private func unknownDefinition(_ request: StartRequest) -> Refusal {
        if let version = request.version,
            let latest = definitions.find(request.namespace, request.definition, nil)
        {
            return Refusal(
                .notFound, reason: "DEFINITION_VERSION_UNKNOWN",
                "definition \(request.definition) has no version \(version) in namespace "
                    + "\(request.namespace); the latest is v\(latest.definition.version)")
        }
        return unknownDefinition(request.definition, in: request.namespace)
    }

    /// There is no such definition; the message names the nearest ones.
    func unknownDefinition(_ name: String, in namespace: String) -> Refusal {
        let nearest = NearestName.candidates(
            for: name, among: definitions.names(in: namespace))
        let hint = nearest.isEmpty ? "" : "; did you mean \(nearest.quotedList)?"
        return Refusal(
            .notFound, reason: "DEFINITION_UNKNOWN",
            "no definition \"\(name)\" in namespace \(namespace)\(hint)")
    }

    private func limitReached(_ request: StartRequest) -> Refusal? {
        if counts.live >= UInt64(limits.liveSagas) {
            return Refusal(
                .resourceExhausted, reason: "SAGAS",
                "\(limits.liveSagas) sagas live, which is the limit")
        }
        if request.keyHash != nil, keys.count >= limits.keys {
            return Refusal(
                .resourceExhausted, reason: "KEYS",
                "\(limits.keys) business keys are taken, which is the limit; shorten keyRetention "
                    + "of the definitions that are started most")
        }
        if request.waits != nil, waitingCalls.count >= limits.waitingCalls {
            return tooManyWaiting()
        }
        return nil
    }
}

extension Digest256 {
    /// The first twelve digits, for people.
    var short: String { String(description.prefix(12)) }
}

extension [String] {
    /// `"a"`, `"a" or "b"`.
    var quotedList: String { map { "\"\($0)\"" }.joined(separator: " or ") }
}
