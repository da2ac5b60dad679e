internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

/// The engine's answers on their way to callers.
extension LoopServices {
    /// Answers a call, unless its caller is gone.
    func answer(_ id: CallID, _ reply: Reply, _ journal: JournalStatus?) {
        if collect(id, reply) { return }
        let call = ServerCallID(id)
        guard let open = calls[call] else { return }
        switch reply {
        case .refused(let refusal):
            if !search(for: call, open, refusal) { refuse(call, refusal) }
        case .started(let saga, let existing, let definition, let status):
            let status = status.map { fitted($0, open) }
            respond(call) { bytes, arena in
                SagaServiceCodec.encodeStartSaga(
                    saga, existing: existing, definition, saga: status, wait: open.wish,
                    into: &bytes, arena: &arena)
            }
        case .saga(let status): answer(call, open, status)
        case .page(let page):
            if !search(for: call, open, page) { answer(call, open, page) }
        case .counts(let counts): answer(call, open, counts)
        case .verbDone(let answer): self.answer(call, open, answer)
        case .completed:
            respond(call) { bytes, arena in
                ParticipantCodec.encodeCompleteTask(into: &bytes, arena: &arena)
            }
        case .registered, .definition, .definitions: answerOfDefinitions(call, open, reply)
        case .participants(let handlers, let instances):
            answer(call, open, handlers, instances)
        case .status(let status):
            guard let journal, let begun = context.servingLife else {
                preconditionFailure("a status comes without the journal's")
            }
            writer.collectCounters { counters in
                self.answer(call, status, journal, begun, counters)
            }
        }
    }

    func answer(_ call: ServerCallID, _ open: OpenCall, _ page: SagaPage) {
        respond(call) { bytes, arena in
            SagaServiceCodec.encodeListSagas(
                page, namespace: open.namespace, into: &bytes, arena: &arena)
        }
    }

    private func answer(
        _ call: ServerCallID, _ status: EngineStatus, _ journal: JournalStatus,
        _ begun: BegunLife, _ counters: ServerCounters
    ) {
        let whole = CoordinatorStatus(
            version: context.version, engine: status, journal: journal,
            rejectedRequests: context.rejectedRequests,
            transport: TransportStatus(counters, listening: context.listening),
            process: .now, recovery: begun.recovery, archive: context.archive?.status)
        respond(call) { bytes, arena in
            AdminServiceCodec.encodeGetStatus(
                whole, lineage: begun.life.lineage, life: begun.life.life, into: &bytes,
                arena: &arena)
        }
    }

    /// What of a saga fits into an answer.
    func fitted(_ status: SagaStatus, _ open: OpenCall) -> SagaStatus {
        var status = status
        status.fit(
            into: context.limits.messageBytes - context.limits.answerEnvelopeBytes,
            open.wish?.view ?? SagaView(), open.excerpt)
        return status
    }

    func answer(_ call: ServerCallID, _ open: OpenCall, _ status: SagaStatus) {
        let wish = open.wish ?? AwaitWish()
        let status = fitted(status, open)
        respond(call) { bytes, arena in
            if open.method == .awaitSaga {
                SagaServiceCodec.encodeAwaitSaga(status, wait: wish, into: &bytes, arena: &arena)
            } else {
                SagaServiceCodec.encodeGetSaga(status, view: wish.view, into: &bytes, arena: &arena)
            }
        }
    }

    private func answer(_ call: ServerCallID, _ open: OpenCall, _ answer: VerbAnswer) {
        respond(call) { bytes, arena in
            if open.method == .cancelSaga {
                SagaServiceCodec.encodeCancelSaga(answer, into: &bytes, arena: &arena)
            } else if open.method == .compensateSaga {
                AdminServiceCodec.encodeCompensateSaga(answer, into: &bytes, arena: &arena)
            } else {
                AdminServiceCodec.encodeVerb(answer, into: &bytes, arena: &arena)
            }
        }
    }

    private func answerOfDefinitions(_ call: ServerCallID, _ open: OpenCall, _ reply: Reply) {
        switch reply {
        case .registered(let answer):
            respond(call) { bytes, arena in
                SagaServiceCodec.encodeRegisterDefinition(answer, into: &bytes, arena: &arena)
            }
        case .definition(let status):
            respond(call) { bytes, arena in
                SagaServiceCodec.encodeGetDefinition(status, into: &bytes, arena: &arena)
            }
        case .definitions(let all):
            let page = page(of: all, open.definitions)
            let now = context.now()
            respond(call) { bytes, arena in
                SagaServiceCodec.encodeListDefinitions(
                    page.rows, goesOn: page.goesOn, now: now, into: &bytes, arena: &arena)
            }
        case .started, .saga, .page, .counts, .verbDone, .completed, .participants, .status,
            .refused:
            preconditionFailure("\(reply) is not about definitions")
        }
    }

    private func answer(
        _ call: ServerCallID, _ open: OpenCall, _ handlers: [HandlerStatus],
        _ instances: [InstanceStatus]
    ) {
        guard let message = open.participants else {
            preconditionFailure("nobody asked for participants")
        }
        let wanted = handlers.filter {
            message.handler.isEmpty || $0.handler.handler == message.handler
        }
        let shown = instances.filter {
            message.participant.isEmpty || $0.participant.name == message.participant
        }
        let page = RowPage(
            of: wanted.map(ParticipantStatusRow.handler)
                + shown.map(ParticipantStatusRow.instance),
            where: { row in message.after.map { $0 < row.place } ?? true },
            size: message.pageSize, bytes: context.limits.pageBytes, measure: \.bytes)
        let now = context.now()
        respond(call) { bytes, arena in
            AdminServiceCodec.encodeListParticipants(
                page.rows.compactMap(\.handler), page.rows.compactMap(\.instance),
                next: page.goesOn ? page.rows.last?.place : nil, now: now, into: &bytes,
                arena: &arena)
        }
    }

    /// Definitions by name, then the newest version first.
    private func page(
        of all: [DefinitionStatus], _ message: DefinitionMessage?
    ) -> RowPage<DefinitionStatus> {
        guard let message else { preconditionFailure("nobody asked for definitions") }
        let wanted = all.filter { status in
            (message.name.isEmpty || status.definition.name == message.name)
                && (message.allVersions || status.isLatest)
        }.sorted { left, right in
            (left.definition.name, right.definition.version)
                < (right.definition.name, left.definition.version)
        }
        return RowPage(
            of: wanted,
            where: { row in
                guard let last = message.after else { return true }
                return (last.name, row.definition.version) < (row.definition.name, last.version)
            }, size: message.pageSize, bytes: context.limits.pageBytes, measure: { _ in 1_024 })
    }
}

/// A row of a list of handlers and instances.
private enum ParticipantStatusRow {
    case handler(HandlerStatus)
    case instance(InstanceStatus)

    var place: ParticipantRow {
        switch self {
        case .handler(let status): .handler(status.handler.handler)
        case .instance(let status):
            .instance(status.participant.name, status.participant.instance)
        }
    }

    var handler: HandlerStatus? {
        if case .handler(let status) = self { status } else { nil }
    }

    var instance: InstanceStatus? {
        if case .instance(let status) = self { status } else { nil }
    }

    /// At most so many on the wire: what is fixed takes less than 1 KiB.
    var bytes: Int {
        switch self {
        case .handler: 1_024
        case .instance(let status): status.handlers.reduce(1_024) { $0 + $1.utf8.count + 4 }
        }
    }
}

extension TransportStatus {
    /// What the event loops have counted.
    init(_ counters: ServerCounters, listening: [ServerListener]) {
        self.init(
            listening: listening.map {
                ListenerStatus(address: "\($0.address)", isSecure: $0.isSecure)
            },
            connections: counters.connectionsOpen,
            acceptedConnections: counters.connectionsAccepted, calls: counters.callsOpened,
            counters: counters.named.map { NamedCount(name: $0.name, count: $0.count) })
    }
}
