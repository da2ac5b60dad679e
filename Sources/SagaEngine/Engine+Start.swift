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
        if let refusal = noRoom(for: .start) {
            refuse(call, refusal)
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
                    digest: request.digest, principal: request.principal, at: stamp)))
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
        let existing = request.keyHash.flatMap { keys.find($0, now: now) }
        let isReplaced =
            existing.map { $0.saga == request.replaces && $0.mayBeReplaced } ?? false
        if let existing, !isReplaced {
            startAgain(call, request, existing)
            return
        }
        let definition: ResolvedDefinition
        var children: [ChildDefinition] = []
        switch plan(request) {
        case .success(let found): (definition, children) = found
        case .failure(let refusal):
            refuse(call, refusal)
            return
        }
        begin(request, definition, children, replaces: isReplaced ? request.replaces : nil)
        guard let saga = sagas[request.id] else {
            preconditionFailure("saga \(request.id) is not there after its start")
        }
        if let patience = request.waits {
            wait(
                call, for: saga, patience, startedExisting: false,
                untilEnded: request.waitsUntilEnded, request.view)
        } else {
            reply(
                call,
                .started(request.id, existing: false, saga.facts.definition.reference, nil))
        }
    }

    /// What a start would run by, or why there can be none.
    private mutating func plan(
        _ request: StartRequest
    ) -> Result<(ResolvedDefinition, [ChildDefinition]), Refusal> {
        let definition: ResolvedDefinition
        if let inline = request.inline {
            definition = ResolvedDefinition(
                DefinitionRegistered(
                    namespace: request.namespace, written: inline.written, filled: inline.filled,
                    digest: inline.digest, principal: request.principal, at: stamp),
                position: .none)
        } else {
            guard
                let registered = definitions.findForStart(
                    request.namespace, request.definition, request.version)
            else { return .failure(unknownDefinition(request)) }
            definition = registered.definition
        }
        if let refusal = limitReached(request, definition) { return .failure(refusal) }
        return closure(of: definition).map { (definition, $0) }
    }

    private mutating func begin(
        _ request: StartRequest, _ definition: ResolvedDefinition, _ children: [ChildDefinition],
        replaces: SagaID?
    ) {
        let startAt = request.startAt.flatMap { instant in
            instant > now ? Wait(until: instant, duration: instant - now) : nil
        }
        // Roots that are not plain are looked at in a record of their own.
        let opened = startAt == nil ? definition.rootAttempts : []
        emit(
            .sagaStarted(
                SagaStarted(
                    id: request.id, definition: request.inline == nil ? definition.position : .none,
                    key: request.key, keyIsRandom: request.keyIsRandom, keyHash: request.keyHash,
                    input: request.input, labels: request.labels,
                    traceContext: request.traceContext, principal: request.principal, at: stamp,
                    opened: opened, startAt: startAt, inline: request.inline, children: children,
                    replaces: replaces)))
        counts.started += 1
        guard let saga = sagas[request.id] else {
            preconditionFailure("saga \(request.id) is not there after its start")
        }
        countStart(of: saga)
        if let hash = request.keyHash {
            emit(
                .keyTaken(KeyTaken(key: hash, request: request.requestHash, saga: request.id)),
                saga: saga)
        }
        if request.inline != nil { joinAll() }
        setTimeout(of: saga)
        setStart(of: saga)
        if definition.plainRoots == nil { proceed(saga) }
        checkCauses(of: saga)
    }

    /// Sets the timer of a pending saga's start.
    mutating func setStart(of saga: SagaInstance) {
        guard saga.state == .pending, !saga.isHalted, saga.timer == nil,
            let wait = saga.facts.startAt
        else { return }
        saga.timer = timers.set(.startDue(saga), at: end(of: wait))
    }

    /// The start time of a saga is reached.
    mutating func startDue(_ saga: SagaInstance) {
        saga.timer = nil
        emit(
            .sagaBegan(SagaBegan(opened: saga.facts.definition.rootAttempts, at: stamp)),
            saga: saga)
        setTimeout(of: saga)
        proceed(saga)
        checkCauses(of: saga)
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
            let definition = sagas[existing.saga]?.facts.definition.reference
            reply(call, .started(existing.saga, existing: true, definition, nil))
            return
        }
        guard let saga = sagas[existing.saga] else {
            refuse(call, dropped(existing.saga))
            return
        }
        wait(
            call, for: saga, patience, startedExisting: true,
            untilEnded: request.waitsUntilEnded, request.view)
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

    private func limitReached(
        _ request: StartRequest, _ definition: ResolvedDefinition
    ) -> Refusal? {
        if let refusal = noRoom(for: .start) { return refusal }
        if request.isDiskSlow { return .diskSlow }
        if request.inline != nil {
            let handlers = definition.steps.count { $0.child == nil }
            if queuesInOrder.count + 2 * handlers > limits.queues {
                return Refusal(
                    .resourceExhausted, reason: "HANDLERS",
                    "\(limits.queues / 2) handlers are named by definitions, which is the limit")
            }
        }
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

extension ResolvedDefinition {
    /// Its name and version.
    var reference: DefinitionVersion { DefinitionVersion(name: name, version: version) }
}
