internal import SagaModel

// What the other calls answer, as messages of `saga.v1`.

extension JSONObject {
    /// `RegisterDefinitionResponse`.
    init(_ answer: RegisteredDefinition) {
        self.init()
        set("definition", JSONObject(definition: answer.name, answer.version))
        set("digest", answer.digest.bytes)
        set("existing", answer.isExisting)
        let warnings = answer.warnings.map { warning in
            var object = JSONObject()
            object.set("reason", warning.reason)
            object.set("step", warning.step)
            object.set("field", warning.field)
            object.set("message", warning.message)
            return object
        }
        set("warnings", warnings)
    }

    /// `RegisterDefinitionResponse` of a definition that was only looked at.
    init(checked definition: SagaDefinition, _ digest: Digest256) {
        self.init()
        set("definition", JSONObject(definition: definition.name, definition.version))
        set("digest", digest.bytes)
    }

    /// `DefinitionSummary`.
    init(_ definition: DefinitionSummary) {
        self.init()
        set("definition", JSONObject(definition: definition.name, definition.version))
        set("digest", definition.digest.bytes)
        set("registeredAt", definition.registeredAt)
        set("stepCount", definition.steps)
        set("pivot", definition.pivot)
        set("latest", definition.isLatest)
        set("liveSagas", definition.liveSagas)
    }

    /// `StartSagaResponse`; with the saga where its end was waited for.
    init(_ started: StartedSaga, _ saga: SagaStatus?) {
        self.init()
        var object = JSONObject()
        object.set("sagaId", started.id.description)
        object.set("existing", started.isExisting)
        let version = started.version ?? saga?.version ?? 0
        object.set("definition", JSONObject(definition: started.definition, version))
        set("started", object)
        set("saga", saga.map { JSONObject($0, hasPayloads: false) })
        set("reached", saga.map { $0.state.isEnded || $0.state == .failed } ?? false)
    }

    /// The answer to a verb: `CancelSagaResponse`, `AbandonSagaResponse`, `CompensateSagaResponse`,
    /// or one of those that have only the first two fields of these.
    init(_ answer: VerbAnswer, to decision: Decision) {
        self.init()
        if decision == .cancel {
            switch answer.state {
            case .compensating: set("disposition", "CANCEL_DISPOSITION_GOING_BACK")
            case .compensated: set("disposition", "CANCEL_DISPOSITION_ENDED")
            case .pending, .running, .failed, .completed, .abandoned: break
            }
            set("state", ProtoNames.state(answer.state))
            set("sagaId", answer.saga.description)
            return
        }
        set("sagaId", answer.saga.description)
        set("state", ProtoNames.state(answer.state))
        set("noEffect", !answer.hadEffect)
        let left = answer.left.map { effect in
            var object = JSONObject()
            object.set("step", effect.step)
            object.set("undoNeed", ProtoNames.need(effect.isKnown ? .done : .inDoubt))
            return object
        }
        set("left", left)
    }

    /// `CompleteTaskResponse`, which has but one answer.
    static var completed: JSONObject {
        var object = JSONObject()
        object.set("disposition", "RESULT_DISPOSITION_TAKEN")
        return object
    }

    /// `HandlerStatus`; both lanes are counted as one.
    init(_ handler: HandlerStatus) {
        self.init()
        set("handler", handler.handler.handler)
        set("instances", handler.instances)
        var queue = JSONObject()
        queue.set("slots", UInt64(handler.slots))
        queue.set("freeSlots", UInt64(handler.freeSlots))
        queue.set("running", UInt64(handler.running))
        queue.set("queued", UInt64(handler.queued))
        queue.set("oldestSince", handler.oldestQueuedAt)
        set("forward", queue)
    }

    /// `InstanceStatus`.
    init(_ instance: InstanceStatus) {
        self.init()
        set("participant", Self.participant(instance.participant.description))
        set("serviceVersion", instance.serviceVersion)
        set("sdk", instance.sdkVersion)
        set("handlers", instance.handlers)
        set("sessionSince", instance.attachedAt)
        set("lastHeartbeat", instance.lastHeardAt)
        set("lostAt", instance.isAttached ? nil : instance.lastHeardAt)
        set("slots", instance.slots)
        set("running", instance.running)
        set("undoSlots", instance.undoSlots)
        set("undoRunning", instance.undoing)
        set("draining", instance.isDraining)
    }

    /// `GetStatusResponse`.
    init(_ status: CoordinatorStatus) {
        self.init()
        let engine = status.engine
        set("version", status.version)
        set("state", "SERVING_STATE_SERVING")
        set("epoch", engine.epoch.rawValue)
        set("startedAt", engine.since)
        set("now", engine.observedAt)
        var sagas = JSONObject()
        sagas.set("states", engine.parked == 0 ? [] : [Self.count(.failed, engine.parked)])
        sagas.set("live", engine.live)
        sagas.set("orphans", engine.orphans)
        sagas.set(
            "epochBehind",
            engine.epochBehind.map { behind in
                var name = JSONObject()
                name.set("name", behind.participant.name)
                name.set("instance", behind.participant.instance)
                var object = JSONObject()
                object.set("namespace", behind.participant.namespace)
                object.set("participant", name)
                object.set("metEpoch", behind.met.rawValue)
                object.set("askedAt", behind.askedAt)
                return object
            })
        sagas.set("startedTotal", engine.started)
        sagas.set("endedTotal", engine.completed + engine.compensated)
        sagas.set("staleResultsTotal", engine.staleResults + engine.resultsWithoutTask)
        sagas.set("rejectedRequestsTotal", status.rejectedRequests)
        var keys = JSONObject()
        keys.set("used", engine.keys)
        sagas.set("keys", keys)
        sagas.set("completedTotal", engine.completed)
        sagas.set("compensatedTotal", engine.compensated)
        sagas.set("definitions", engine.definitions)
        sagas.set("queued", engine.queued)
        sagas.set("inFlight", engine.inFlight)
        sagas.set("endedKept", engine.endedKept)
        sagas.set("endedDropped", engine.endedDropped)
        sagas.set("resultsWithoutTaskTotal", engine.resultsWithoutTask)
        set("engine", sagas)
        set("journal", JSONObject(status.journal))
        var transport = JSONObject()
        transport.set(
            "listening",
            status.transport.listening.map { listener in
                var entry = JSONObject()
                entry.set("address", listener.address)
                entry.set("tls", listener.isSecure)
                return entry
            })
        transport.set("connections", status.transport.connections)
        transport.set("connectionsTotal", status.transport.acceptedConnections)
        transport.set("callsTotal", status.transport.calls)
        transport.set("sessions", engine.sessions)
        transport.set(
            "countersTotal",
            status.transport.counters.map { counter in
                var entry = JSONObject()
                entry.set("name", counter.name)
                entry.set("count", counter.count)
                return entry
            })
        set("transport", transport)
        set("process", JSONObject(status.process))
        set("recovery", JSONObject(status.recovery))
        set("archive", status.archive.map { JSONObject($0) })
    }

    private init(_ process: ProcessStatus) {
        self.init()
        set("pid", process.identifier)
        set("cpu", process.processorTime)
        set("residentBytes", process.residentBytes)
        set("anonymousBytes", process.anonymousBytes)
        set("peakResidentBytes", process.peakResidentBytes)
        var files = JSONObject()
        files.set("used", process.openFiles)
        files.set("limit", process.fileLimit)
        set("fileDescriptors", files)
    }

    private init(_ recovery: RecoveryStatus) {
        self.init()
        set("took", recovery.took)
        set("records", recovery.records)
        set("sagas", recovery.sagas)
        set("tornBytes", recovery.tornBytes)
        set("tornFile", recovery.tornFile)
    }

    private static func count(_ state: SagaState, _ count: UInt64) -> JSONObject {
        var object = JSONObject()
        object.set("state", ProtoNames.state(state))
        object.set("count", count)
        return object
    }

    private init(_ journal: JournalStatus) {
        self.init()
        set("durablePosition", journal.durablePosition.rawValue)
        set("segments", journal.segments)
        set("bytes", journal.bytes)
        set("recordsTotal", journal.records)
        set("writtenBytesTotal", journal.writtenBytes)
        var sync = JSONObject()
        sync.set("count", journal.syncs)
        sync.set("sum", journal.syncTotal)
        if journal.syncTimes.count > 0 {
            sync.set("p50", .microseconds(Int64(clamping: journal.syncTimes.quantile(0.5))))
            sync.set("p99", .microseconds(Int64(clamping: journal.syncTimes.quantile(0.99))))
        }
        sync.set("max", journal.syncSlowest)
        set("sync", sync)
        set("batchesTotal", journal.batches)
        set("oldestPosition", journal.oldestPosition.rawValue)
        set("freedSegmentsTotal", journal.freedSegments)
        set("restatedRecordsTotal", journal.restatedRecords)
        set("freeingFailure", journal.freeingFailure)
        set("slowness", journal.slowness)
        if let level = journal.space.level { set("space", ProtoNames.space(level)) }
        if let free = journal.space.freeBytes { set("freeBytes", free) }
        set("spaceFailure", journal.space.failure)
        set("syncMicroseconds", Self.histogram(journal.syncTimes))
        set("batchBytes", Self.histogram(journal.batchBytes))
        set("queuedInputs", Self.histogram(journal.queuedInputs))
    }

    /// Nothing if nothing was counted.
    private static func histogram(_ histogram: Log2Histogram) -> JSONObject? {
        guard histogram.count > 0 else { return nil }
        var object = JSONObject()
        let used = histogram.buckets.prefix((histogram.buckets.lastIndex { $0 > 0 } ?? -1) + 1)
        object.set("buckets", used.map { "\($0)" })
        object.set("sum", histogram.sum)
        object.set("max", histogram.max)
        return object
    }
}

extension Digest256 {
    /// The 32 bytes.
    var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) }
        }
    }
}
