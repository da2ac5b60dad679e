internal import CSagaProtos
internal import SagaModel

/// How the daemon and its participants are.
extension MessageReader {
    /// How the daemon is; what it does not say is 0.
    static func status(
        _ message: UnsafeMutablePointer<Saga__V1__GetStatusResponse>
    ) throws(CodecFailure) -> CoordinatorStatus {
        // SAFETY: the message and all it points to live in the arena; as many states are there as
        // are counted.
        let engine = try unsafe required(message.pointee.engine, "", "engine")
        let journal = try unsafe required(message.pointee.journal, "", "journal")
        var parked: UInt64 = 0
        for place in unsafe 0..<engine.pointee.n_states {
            let entry = unsafe engine.pointee.states[place]!
            if unsafe entry.pointee.state == SagaState.failed.wireNumber {
                parked = unsafe entry.pointee.count
            }
        }
        let (stale, without) = unsafe (
            engine.pointee.stale_results_total, engine.pointee.results_without_task_total
        )
        let status = try unsafe EngineStatus(
            epoch: Epoch(message.pointee.epoch), live: engine.pointee.live, parked: parked,
            endedKept: engine.pointee.ended_kept, endedDropped: engine.pointee.ended_dropped,
            started: engine.pointee.started_total, completed: engine.pointee.completed_total,
            compensated: engine.pointee.compensated_total,
            definitions: engine.pointee.definitions, keys: engine.pointee.keys?.pointee.used ?? 0,
            sessions: message.pointee.transport?.pointee.sessions ?? 0,
            queued: engine.pointee.queued, inFlight: engine.pointee.in_flight,
            staleResults: stale < without ? 0 : stale - without, resultsWithoutTask: without,
            orphans: engine.pointee.orphans,
            observedAt: requiredInstant(message.pointee.now, "", "now"),
            since: requiredInstant(message.pointee.started_at, "", "started_at"),
            quarantined: list(
                engine.pointee.quarantined, engine.pointee.n_quarantined, "quarantined",
                quarantined),
            quarantinedCount: engine.pointee.quarantined_count,
            epochBehind: list(
                engine.pointee.epoch_behind, engine.pointee.n_epoch_behind, "epoch_behind",
                epochBehind))
        return try unsafe CoordinatorStatus(
            version: text(message.pointee.version, "", "version"), engine: status,
            journal: self.journal(journal),
            rejectedRequests: engine.pointee.rejected_requests_total,
            transport: transport(message.pointee.transport),
            process: process(message.pointee.process), recovery: recovery(message.pointee.recovery),
            archive: archive(message.pointee.archive))
    }

    private static func journal(
        _ message: UnsafeMutablePointer<Saga__V1__JournalStatus>
    ) throws(CodecFailure) -> JournalStatus {
        // SAFETY: the message and all it points to live in the arena.
        let sync = unsafe message.pointee.sync
        var status = try unsafe JournalStatus(
            durablePosition: JournalPosition(message.pointee.durable_position),
            segments: message.pointee.segments, records: message.pointee.records_total,
            writtenBytes: message.pointee.written_bytes_total,
            batches: message.pointee.batches_total, syncs: sync?.pointee.count ?? 0,
            syncTotal: duration(sync?.pointee.sum, "journal.sync.", "sum") ?? .zero,
            syncSlowest: duration(sync?.pointee.max, "journal.sync.", "max") ?? .zero)
        status.bytes = unsafe message.pointee.bytes
        status.oldestPosition = unsafe JournalPosition(message.pointee.oldest_position)
        status.freedSegments = unsafe message.pointee.freed_segments_total
        status.restatedRecords = unsafe message.pointee.restated_records_total
        status.freeingFailure = try unsafe text(
            message.pointee.freeing_failure, "journal.", "freeing_failure")
        status.slowness = try unsafe text(message.pointee.slowness, "journal.", "slowness")
        status.space.level = unsafe SpaceLevel(wireNumber: message.pointee.space)
        let free = unsafe message.pointee.free_bytes
        status.space.freeBytes = free == 0 && status.space.level == nil ? nil : free
        status.space.failure = try unsafe text(
            message.pointee.space_failure, "journal.", "space_failure")
        status.syncTimes = try unsafe histogram(
            message.pointee.sync_microseconds, "sync_microseconds")
        status.batchBytes = try unsafe histogram(message.pointee.batch_bytes, "batch_bytes")
        status.queuedInputs = try unsafe histogram(message.pointee.queued_inputs, "queued_inputs")
        return status
    }

    private static func histogram(
        _ message: UnsafeMutablePointer<Saga__V1__Histogram>?, _ name: String
    ) throws(CodecFailure) -> Log2Histogram {
        // SAFETY: the message lives in the arena, and as many buckets are there as are counted.
        guard let message = unsafe message else { return Log2Histogram() }
        var buckets: [UInt64] = []
        for place in unsafe 0..<min(message.pointee.n_buckets, Log2Histogram.bucketCount + 1) {
            buckets.append(unsafe message.pointee.buckets[place])
        }
        guard
            let histogram = unsafe Log2Histogram(
                buckets: buckets, sum: message.pointee.sum, max: message.pointee.max)
        else {
            throw CodecFailure(
                "journal.\(name).buckets", .tooMany(limit: Log2Histogram.bucketCount))
        }
        return histogram
    }

    private static func transport(
        _ message: UnsafeMutablePointer<Saga__V1__TransportStatus>?
    ) throws(CodecFailure) -> TransportStatus {
        // SAFETY: the message and what it points to live in the arena.
        guard let message = unsafe message else { return TransportStatus() }
        let counters = try unsafe MessageReader.list(
            message.pointee.counters_total, message.pointee.n_counters_total,
            "transport.counters_total"
        ) { entry throws(CodecFailure) in
            try unsafe NamedCount(
                name: text(entry.pointee.name, "transport.counters_total.", "name"),
                count: entry.pointee.count)
        }
        let listening = try unsafe MessageReader.list(
            message.pointee.listening, message.pointee.n_listening, "transport.listening"
        ) { entry throws(CodecFailure) in
            try unsafe ListenerStatus(
                address: text(entry.pointee.address, "transport.listening.", "address"),
                isSecure: entry.pointee.tls != 0)
        }
        return unsafe TransportStatus(
            listening: listening, connections: message.pointee.connections,
            acceptedConnections: message.pointee.connections_total,
            calls: message.pointee.calls_total, counters: counters)
    }

    private static func process(
        _ message: UnsafeMutablePointer<Saga__V1__ProcessStatus>?
    ) throws(CodecFailure) -> ProcessStatus {
        // SAFETY: the message and what it points to live in the arena.
        guard let message = unsafe message else { return ProcessStatus(identifier: 0) }
        return try unsafe ProcessStatus(
            identifier: message.pointee.pid,
            processorTime: duration(message.pointee.cpu, "process.", "cpu") ?? .zero,
            residentBytes: message.pointee.resident_bytes,
            anonymousBytes: message.pointee.anonymous_bytes,
            peakResidentBytes: message.pointee.peak_resident_bytes,
            openFiles: message.pointee.file_descriptors?.pointee.used ?? 0,
            fileLimit: message.pointee.file_descriptors?.pointee.limit ?? 0)
    }

    private static func recovery(
        _ message: UnsafeMutablePointer<Saga__V1__RecoveryStatus>?
    ) throws(CodecFailure) -> RecoveryStatus {
        // SAFETY: the message and what it points to live in the arena.
        guard let message = unsafe message else {
            return RecoveryStatus(took: .zero, records: 0, sagas: 0)
        }
        return try unsafe RecoveryStatus(
            took: duration(message.pointee.took, "recovery.", "took") ?? .zero,
            records: message.pointee.records, sagas: message.pointee.sagas,
            tornBytes: message.pointee.torn_bytes,
            tornFile: text(message.pointee.torn_file, "recovery.", "torn_file"))
    }

    private static func epochBehind(
        _ message: UnsafeMutablePointer<Saga__V1__EpochBehind>
    ) throws(CodecFailure) -> EpochBehind {
        // SAFETY: the message and all it points to live in the arena.
        let name = try unsafe required(
            message.pointee.participant, "epoch_behind.", "participant")
        return try unsafe EpochBehind(
            participant: ParticipantName(
                namespace: text(message.pointee.namespace_, "epoch_behind.", "namespace"),
                name: text(name.pointee.name, "epoch_behind.participant.", "name"),
                instance: text(name.pointee.instance, "epoch_behind.participant.", "instance")),
            met: Epoch(message.pointee.met_epoch),
            askedAt: requiredInstant(message.pointee.asked_at, "epoch_behind.", "asked_at"))
    }

    private static func quarantined(
        _ message: UnsafeMutablePointer<Saga__V1__QuarantinedSaga>
    ) throws(CodecFailure) -> QuarantinedSaga {
        // SAFETY: the message and all it points to live in the arena.
        let hasID = try unsafe !textBytes(message.pointee.saga_id, "", "saga_id").isEmpty
        return try unsafe QuarantinedSaga(
            id: hasID ? sagaID(message.pointee.saga_id, "", "saga_id") : nil,
            position: JournalPosition(message.pointee.position),
            message: text(message.pointee.message, "", "message"))
    }

    /// A handler, with both of its queues taken together.
    static func handler(
        _ message: UnsafeMutablePointer<Saga__V1__HandlerStatus>, _ namespace: String
    ) throws(CodecFailure) -> HandlerStatus {
        // SAFETY: the message and all it points to live in the arena.
        let (forward, undo) = unsafe (message.pointee.forward, message.pointee.undo)
        let running = unsafe (forward?.pointee.running ?? 0, undo?.pointee.running ?? 0)
        let queued = unsafe (forward?.pointee.queued ?? 0, undo?.pointee.queued ?? 0)
        let oldest = try unsafe [
            instant(forward?.pointee.oldest_since, "forward.", "oldest_since"),
            instant(undo?.pointee.oldest_since, "undo.", "oldest_since"),
        ]
        return try unsafe HandlerStatus(
            handler: HandlerRef(
                namespace: namespace, handler: text(message.pointee.handler, "", "handler")),
            instances: message.pointee.instances,
            freeSlots: UInt32(clamping: forward?.pointee.free_slots ?? 0),
            slots: UInt32(clamping: forward?.pointee.slots ?? 0),
            running: UInt32(clamping: running.0 &+ running.1),
            queued: UInt32(clamping: queued.0 &+ queued.1),
            oldestQueuedAt: oldest.compactMap(\.self).min())
    }

    /// An instance of a participant.
    static func instance(
        _ message: UnsafeMutablePointer<Saga__V1__InstanceStatus>, _ namespace: String
    ) throws(CodecFailure) -> InstanceStatus {
        // SAFETY: the message and all it points to live in the arena.
        let name = try unsafe required(message.pointee.participant, "", "participant")
        let since = try unsafe requiredInstant(
            message.pointee.session_since, "", "session_since")
        return try unsafe InstanceStatus(
            participant: ParticipantName(
                namespace: namespace, name: text(name.pointee.name, "participant.", "name"),
                instance: text(name.pointee.instance, "participant.", "instance")),
            isAttached: message.pointee.lost_at == nil,
            isDraining: message.pointee.draining != 0,
            sdkVersion: text(message.pointee.sdk, "", "sdk"),
            serviceVersion: text(message.pointee.service_version, "", "service_version"),
            attachedAt: since,
            lastHeardAt: instant(message.pointee.last_heartbeat, "", "last_heartbeat") ?? since,
            handlers: texts(message.pointee.handlers, message.pointee.n_handlers, "", "handlers"),
            slots: message.pointee.slots, undoSlots: message.pointee.undo_slots,
            running: message.pointee.running, undoing: message.pointee.undo_running)
    }
}
