internal import Saga
internal import SagaModel
internal import SagaProtobuf
internal import SagaSystem

/// The calls of the verbs over the SDK's client.
struct CoordinatorClient: CoordinatorCalls {
    /// How many rows a page has at most; the protocol's own limit.
    private static let pageRows: UInt32 = 1_000

    /// How long one wait for the end of a saga is asked for; then it is asked for again, so that no
    /// proxy on the way sees a call without end.
    private static let awaitRound: Duration = .seconds(60)

    /// How long a coordinator that is gone while a saga is waited for may take to return.
    private static let patienceWithRestart: Duration = .seconds(30)

    /// How long it is left alone between two attempts to reach it.
    private static let reconnectPause: Duration = .milliseconds(200)

    private let client: SagaClient
    private let namespace: String
    let way: CoordinatorWay
    private var address: String { way.address }

    init(_ client: SagaClient, namespace: String, way: CoordinatorWay) {
        self.client = client
        self.namespace = namespace
        self.way = way
    }

    func register(_ definition: SagaDefinition) async throws(Complaint) -> RegisteredDefinition {
        let answer = try await asking { () async throws(SagaError) in
            try await client.register(definition)
        }
        return RegisteredDefinition(
            name: answer.name, version: answer.version, digest: answer.digest,
            isExisting: answer.existing,
            warnings: answer.warnings.map {
                RegisteredDefinition.Warning(
                    reason: $0.reason, step: $0.step, field: $0.field, message: $0.message)
            })
    }

    func definitions() async throws(Complaint) -> [DefinitionSummary] {
        let message = DefinitionMessage(
            namespace: namespace, name: "", version: nil, allVersions: true)
        return try await asking { () async throws(SagaError) in
            try await client.definitions(message)
        }
    }

    func start(_ start: SagaStart) async throws(Complaint) -> StartedSaga {
        let key = start.key.isEmpty ? nil : start.key
        let handle = try await asking { () async throws(SagaError) in
            try await client.start(
                start.definition, version: start.version, input: start.input, key: key,
                labels: start.labels)
        }
        return StartedSaga(
            id: handle.id, isExisting: handle.existing, definition: start.definition,
            version: handle.version ?? start.version)
    }

    func get(
        _ saga: NamedSaga, _ view: SagaView, _ excerpt: SagaExcerpt
    ) async throws(Complaint) -> SagaStatus {
        try await asking { () async throws(SagaError) in
            try await client.get(
                SagaMessage(
                    namespace: namespace, saga: Self.reference(saga), view: view,
                    excerpt: excerpt))
        }
    }

    /// A coordinator that is started again meanwhile is waited for: the saga goes on with it.
    func await(_ id: SagaID, for time: Duration?) async throws(Complaint) -> SagaStatus {
        let view = SagaView(output: true, steps: true, payloads: false)
        let end = time.map { ContinuousClock.now + $0 }
        var awaySince: ContinuousClock.Instant?
        while true {
            let remaining = end.map { max(.zero, $0 - .now) }
            let round = min(Self.awaitRound, remaining ?? Self.awaitRound)
            let wish = AwaitWish(timeout: round, view: view)
            do throws(SagaError) {
                let answer = try await client.awaitOnce(
                    AwaitMessage(namespace: namespace, saga: .id(id), wait: wish))
                if answer.isReached || end.map({ $0 <= .now }) == true { return answer.saga }
                awaySince = nil
            } catch {
                let since = awaySince ?? .now
                awaySince = since
                let isOver = ContinuousClock.now >= since + Self.patienceWithRestart
                guard error.code == .unavailable, !isOver else {
                    throw Complaint(error, address: address)
                }
                try? await Task.sleep(for: Self.reconnectPause)
            }
        }
    }

    func list(
        _ filter: SagaFilter, oldestFirst: Bool, limit: Int
    ) async throws(Complaint) -> SagaList {
        var rows: [SagaRow] = []
        var filter = filter
        filter.namespace = namespace
        var request = ListRequest(filter, isOldestFirst: oldestFirst, pageSize: 0)
        while true {
            request.pageSize = min(UInt32(clamping: limit - rows.count), Self.pageRows)
            let wanted = request
            let page = try await asking { () async throws(SagaError) in
                try await client.list(wanted)
            }
            rows += page.rows
            request.cursor = page.next
            if page.next == nil || rows.count >= limit {
                return SagaList(
                    rows: rows, observedAt: page.observedAt, hasMore: page.next != nil)
            }
        }
    }

    func count(_ filter: SagaFilter, by group: SagaGroup) async throws(Complaint) -> SagaCounts {
        var wanted = filter
        wanted.namespace = namespace
        let request = CountRequest(wanted, by: group)
        return try await asking { () async throws(SagaError) in try await client.count(request) }
    }

    func purge(olderThan: Duration, countsOnly: Bool) async throws(Complaint) -> PurgeAnswer {
        let request = PurgeRequest(
            namespace: namespace, olderThan: olderThan, countsOnly: countsOnly)
        return try await asking { () async throws(SagaError) in
            try await client.purgeArchive(request)
        }
    }

    func backup(
        to directory: String, observe: (BackupProgress) -> Void
    ) async throws(Complaint) -> FinishedBackup {
        try await asking { () async throws(SagaError) in
            try await client.backup(to: directory, observe: observe)
        }
    }

    func perform(
        _ decision: Decision, on saga: NamedSaga, reason: String
    ) async throws(Complaint) -> VerbAnswer {
        var message = VerbMessage(
            namespace: namespace, saga: Self.reference(saga), reason: reason)
        let verb: SagaModel.Verb
        switch decision {
        case .cancel: return try await cancel(saga, reason: reason)
        case .suspend: verb = .suspend
        case .resume: verb = .resume
        case .retry(let step):
            verb = .retry
            message.step = step ?? ""
        case .skip(let step, let output):
            verb = .skip
            message.step = step
            message.output = output
        case .markCompensated(let step):
            verb = .markCompensated
            message.step = step
        case .compensate: verb = .compensate
        case .abandon: verb = .abandon
        }
        let asked = message
        return try await asking { () async throws(SagaError) in
            try await client.perform(verb, asked)
        }
    }

    /// Cancelling is what services ask for too, by a call of its own.
    private func cancel(
        _ saga: NamedSaga, reason: String
    ) async throws(Complaint) -> VerbAnswer {
        let answer = try await asking { () async throws(SagaError) in
            try await client.cancel(
                CancelMessage(
                    namespace: namespace, saga: Self.reference(saga), reason: reason))
        }
        return VerbAnswer(
            saga: answer.id, state: answer.state, hadEffect: true, waitsForPivot: false,
            isSuspended: false, left: [])
    }

    func complete(_ token: String, _ answer: DeferredAnswer) async throws(Complaint) {
        let token = TaskToken(token)
        try await asking { () async throws(SagaError) in
            switch answer {
            case .succeeded(let output):
                try await client.complete(token, returning: output)
            case .failed(let code, let message):
                try await client.complete(token, throwing: SagaFailure(code, message))
            case .retry(let code, let message):
                try await client.complete(token, throwing: SagaRetry(code, message))
            }
        }
    }

    private static func reference(_ saga: NamedSaga) -> SagaRef {
        switch saga {
        case .id(let id): .id(id)
        case .key(let definition, let key): .key(definition: definition, key: key)
        }
    }

    func watch(
        _ selection: EventSelection, from start: EventStart,
        observe: @escaping @Sendable (SagaEvents.Sign) -> Void,
        show: (SagaEvent) throws(Complaint) -> Void
    ) async throws(Complaint) {
        var events = SagaEvents(
            client, selection, start, endsWithSaga: false, observe: observe
        ).makeAsyncIterator()
        while true {
            let event: SagaEvent?
            do throws(SagaError) {
                event = try await events.next()
            } catch {
                throw Complaint(error, address: address)
            }
            guard let event else { return }
            try show(event)
        }
    }

    func participants() async throws(Complaint) -> ParticipantList {
        let message = ParticipantsMessage(namespace: namespace, handler: "", participant: "")
        let answer = try await asking { () async throws(SagaError) in
            try await client.participants(message)
        }
        return ParticipantList(
            handlers: answer.handlers, instances: answer.instances,
            observedAt: answer.observedAt
                ?? Instant(microseconds: WallClock.microsecondsSince1970()))
    }

    func status() async throws(Complaint) -> CoordinatorStatus {
        try await asking { () async throws(SagaError) in try await client.coordinatorStatus() }
    }

    private func asking<Answer>(
        _ body: () async throws(SagaError) -> Answer
    ) async throws(Complaint) -> Answer {
        do {
            return try await body()
        } catch {
            throw Complaint(error, address: address)
        }
    }
}

/// Opens the way to the coordinator that the options name, for as long as the body runs.
func withCoordinator<Result: Sendable>(
    _ options: GlobalOptions, hostName: String, environment: (String) -> String?,
    _ body: (any CoordinatorCalls) async throws(Complaint) -> Result
) async throws(Complaint) -> Result {
    let address = options.chosenAddress(environment)
    let namespace = options.namespace ?? "default"
    let tls = options.tls.chosen(environment)
    var way = CoordinatorWay(address: address, isSecure: tls != nil)
    do throws(SagaError) {
        way.certificateNotes = try tls?.check() ?? []
    } catch {
        throw Complaint(error, address: address)
    }
    let client = SagaClient(
        address, tls: tls, namespace: namespace,
        principal: options.chosenPrincipal(environment, hostName: hostName),
        timeout: options.timeout?.duration ?? .seconds(30), failsFast: true)
    do {
        let result = try await body(
            CoordinatorClient(client, namespace: namespace, way: way))
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}
