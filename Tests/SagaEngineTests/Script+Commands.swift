import SagaModel

@testable import SagaEngine

/// Commands that take many words.
extension Script {
    /// `VERB SAGA [step=STEP] [output=JSON] REASON...`
    func verb(_ line: String) throws {
        var words = ScriptWords(line)
        let name = try words.next("verb")
        guard let verb = Verb.allCases.first(where: { $0.label == name }) else {
            throw Fault(description: "no verb \(name)")
        }
        var request = VerbRequest(
            verb: verb, saga: try selector(&words), reason: "", principal: Self.principal)
        var reason: [String] = []
        for word in words.rest() {
            if let step = word.value(of: "step") {
                request.step = step
            } else if let output = word.value(of: "output") {
                request.output = Payload(contentType: Payload.json, bytes: Array(output.utf8))
            } else {
                reason.append(word)
            }
        }
        request.reason = reason.joined(separator: " ")
        rig.step(.verb(nextCall(), request))
    }

    /// `beat SESSION ATTEMPT[=PROGRESS]...`
    func beat(_ words: inout ScriptWords) throws {
        let session = try words.session()
        let signs = try words.rest().map { word in
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            return AttemptSign(
                try attempt(parts[0]),
                progress: parts.count > 1
                    ? Payload(contentType: Payload.json, bytes: Array(parts[1].utf8)) : nil)
        }
        rig.step(.heartbeat(session, signs))
    }

    func define(_ words: inout ScriptWords) throws {
        let definition = try definition(&words)
        let digest = Digest256(
            UInt64(definition.steps.count), UInt64(definition.version),
            UInt64(definition.name.utf8.count), 1)
        let faults = definition.faults()
        guard faults.isEmpty else {
            throw Fault(description: faults.map(\.description).joined(separator: "; "))
        }
        rig.step(
            .register(
                nextCall(),
                RegisterRequest(
                    namespace: "default", written: definition,
                    filled: DefinitionDefaults.fill(definition), digest: digest,
                    principal: Self.principal)))
    }

    /// `NAME [version=N] [keep=TIME] [timeout=TIME] [output=REF] [undo=continue] STEP...`
    private func definition(_ words: inout ScriptWords) throws -> SagaDefinition {
        let name = try words.next("name")
        var definition = SagaDefinition(name: name, version: 1, steps: [])
        for word in words.rest() {
            if let version = word.value(of: "version"), let number = UInt32(version) {
                definition.version = number
            } else if let keep = word.value(of: "keep") {
                definition.keyRetention = try ScriptWords.duration(keep)
            } else if let time = word.value(of: "timeout") {
                definition.timeout = try ScriptWords.duration(time)
            } else if let source = word.value(of: "output") {
                definition.output = try DataSource(scriptWord: source)
            } else if word == "undo=continue" {
                definition.onCompensationFailure = .continue
            } else {
                definition.steps.append(try StepDefinition(scriptWord: word))
            }
        }
        return definition
    }

    /// `start SAGA DEFINITION [OPTION...]`, or `start SAGA inline DEFINITION...`.
    func start(_ words: inout ScriptWords) throws {
        let name = try words.next("saga")
        starts += 1
        let id = SagaID(at: rig.now, shard: 0, entropy: starts)
        var request = StartRequest(
            namespace: "default", definition: try words.next("definition"), version: nil, key: "",
            keyIsRandom: false, input: Payload(contentType: Payload.json, bytes: Array("{}".utf8)),
            labels: [], traceContext: [], principal: Self.principal, id: id, keyHash: nil,
            requestHash: RequestHash(high: 1, low: 1), waits: nil)
        if request.definition == "inline" {
            let written = try definition(&words)
            request.definition = written.name
            request.inline = InlineDefinition(
                namespace: "default", written: written, filled: DefinitionDefaults.fill(written),
                digest: Digest256(1, 2, 3, 4))
        }
        for word in words.rest() { try option(word, of: &request) }
        names[id] = name
        rig.step(.start(nextCall(), request))
        if rig.engine.sagas[id] != nil { ids[name] = id }
    }

    private func option(_ word: String, of request: inout StartRequest) throws {
        if let key = word.value(of: "key") {
            request.key = key
            request.keyHash = keyHash(key)
        } else if let number = word.value(of: "request"), let low = UInt64(number) {
            request.requestHash = RequestHash(high: 1, low: low)
        } else if word == "slow" {
            request.isDiskSlow = true
        } else if word == "random" {
            request.keyIsRandom = true
        } else if let time = word.value(of: "wait") {
            request.waits = try ScriptWords.duration(time)
        } else if let version = word.value(of: "version") {
            request.version = UInt32(version)
        } else if let label = word.value(of: "label") {
            request.labels = [Label(name: "l", value: label)]
        } else if let text = word.value(of: "input") {
            request.input.bytes = Array(text.utf8)
        } else if let text = word.value(of: "bytes") {
            request.input = Payload(contentType: "text/plain", bytes: Array(text.utf8))
        } else if let time = word.value(of: "at") {
            request.startAt = rig.now + (try ScriptWords.duration(time))
        } else if let old = word.value(of: "replaces") {
            request.replaces = try id(old)
        } else {
            throw Fault(description: "start: \(word)")
        }
    }

    func outcome(_ words: inout ScriptWords) throws -> AttemptOutcome {
        let kind = try words.next("outcome")
        let rest = words.rest()
        switch kind {
        case "succeeded":
            let text = rest.joined(separator: " ")
            return .succeeded(Payload(contentType: Payload.json, bytes: Array(text.utf8)))
        case "bytes":
            return .succeeded(
                Payload(contentType: "text/plain", bytes: Array(rest.joined().utf8)))
        case "failed": return .failed(Failure(code: rest.first ?? "no", message: "m"))
        case "retry":
            let after = try rest.dropFirst().first?.value(of: "after").map(ScriptWords.duration)
            return .retry(Failure(code: rest.first ?? "busy", message: "m"), after: after)
        case "not-yet": return .notYet(after: try ScriptWords.duration(rest.first ?? ""))
        case "deferred": return .deferred(within: try rest.first.map(ScriptWords.duration))
        case "hold": return .hold(reason: rest.joined(separator: " "))
        case "refused":
            return .refused(OutputRefused(reason: "too large", size: 9, limit: 5))
        case "unknown": return .unknown(.timedOut)
        case "declined":
            let reasons: [String: DeclineReason] = [
                "draining": .draining, "no-slot": .noSlot, "handler-unknown": .handlerUnknown,
            ]
            guard let reason = rest.first.flatMap({ reasons[$0] }) else {
                throw Fault(description: "declined WHY")
            }
            return .declined(reason)
        case let other: throw Fault(description: "unknown outcome \(other)")
        }
    }
}
