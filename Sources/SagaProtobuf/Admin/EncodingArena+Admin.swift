internal import CSagaProtos
internal import SagaModel

/// How the daemon and its participants are.
extension EncodingArena {
    /// The sagas of the coordinator.
    mutating func engine(
        _ status: EngineStatus
    ) -> UnsafeMutablePointer<Saga__V1__EngineStatus> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__engine_status__init)
        let parked = unsafe make(saga__v1__state_count__init)
        unsafe parked.pointee.state = SagaState.failed.wireNumber
        unsafe parked.pointee.count = status.parked
        unsafe message.pointee.n_states = 1
        unsafe message.pointee.states = list(CollectionOfOne(parked)) { unsafe $1 }
        unsafe message.pointee.live = status.live
        unsafe message.pointee.orphans = status.orphans
        unsafe message.pointee.n_quarantined = status.quarantined.count
        unsafe message.pointee.quarantined = list(status.quarantined) { arena, saga in
            // SAFETY: the message lives in the arena until the next reset.
            let item = unsafe arena.make(saga__v1__quarantined_saga__init)
            if let id = saga.id { unsafe item.pointee.saga_id = arena.text(id) }
            unsafe item.pointee.position = saga.position.rawValue
            unsafe item.pointee.message = arena.text(saga.message)
            return unsafe item
        }
        unsafe message.pointee.quarantined_count = status.quarantinedCount
        unsafe message.pointee.started_total = status.started
        unsafe message.pointee.ended_total = status.completed + status.compensated
        unsafe message.pointee.completed_total = status.completed
        unsafe message.pointee.compensated_total = status.compensated
        unsafe message.pointee.stale_results_total =
            status.staleResults + status.resultsWithoutTask
        unsafe message.pointee.results_without_task_total = status.resultsWithoutTask
        let keys = unsafe make(saga__v1__usage__init)
        unsafe keys.pointee.used = status.keys
        unsafe message.pointee.keys = keys
        unsafe message.pointee.definitions = status.definitions
        unsafe message.pointee.queued = status.queued
        unsafe message.pointee.in_flight = status.inFlight
        unsafe message.pointee.ended_kept = status.endedKept
        unsafe message.pointee.ended_dropped = status.endedDropped
        unsafe message.pointee.n_epoch_behind = status.epochBehind.count
        unsafe message.pointee.epoch_behind = list(status.epochBehind) { arena, behind in
            // SAFETY: the messages live in the arena until the next reset.
            let item = unsafe arena.make(saga__v1__epoch_behind__init)
            let name = unsafe arena.make(saga__v1__participant_ref__init)
            unsafe name.pointee.name = arena.text(behind.participant.name)
            unsafe name.pointee.instance = arena.text(behind.participant.instance)
            unsafe item.pointee.namespace_ = arena.text(behind.participant.namespace)
            unsafe item.pointee.participant = name
            unsafe item.pointee.met_epoch = behind.met.rawValue
            unsafe item.pointee.asked_at = arena.instant(behind.askedAt)
            return unsafe item
        }
        return unsafe message
    }

    /// The journal.
    mutating func journal(
        _ status: JournalStatus
    ) -> UnsafeMutablePointer<Saga__V1__JournalStatus> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__journal_status__init)
        unsafe message.pointee.durable_position = status.durablePosition.rawValue
        unsafe message.pointee.segments = status.segments
        unsafe message.pointee.records_total = status.records
        unsafe message.pointee.written_bytes_total = status.writtenBytes
        unsafe message.pointee.batches_total = status.batches
        unsafe message.pointee.bytes = status.bytes
        unsafe message.pointee.oldest_position = status.oldestPosition.rawValue
        unsafe message.pointee.freed_segments_total = status.freedSegments
        unsafe message.pointee.restated_records_total = status.restatedRecords
        unsafe message.pointee.freeing_failure = text(status.freeingFailure)
        unsafe message.pointee.slowness = text(status.slowness)
        let sync = unsafe make(saga__v1__duration_statistics__init)
        unsafe sync.pointee.count = status.syncs
        unsafe sync.pointee.sum = duration(status.syncTotal)
        unsafe sync.pointee.max = duration(status.syncSlowest)
        unsafe sync.pointee.p50 = duration(status.syncTimes.share(0.5))
        unsafe sync.pointee.p99 = duration(status.syncTimes.share(0.99))
        unsafe message.pointee.sync = sync
        unsafe message.pointee.space = SpaceLevel.wireNumber(of: status.space.level)
        unsafe message.pointee.free_bytes = status.space.freeBytes ?? 0
        unsafe message.pointee.space_failure = text(status.space.failure)
        unsafe message.pointee.sync_microseconds = histogram(status.syncTimes)
        unsafe message.pointee.batch_bytes = histogram(status.batchBytes)
        unsafe message.pointee.queued_inputs = histogram(status.queuedInputs)
        return unsafe message
    }

    private mutating func histogram(
        _ histogram: Log2Histogram
    ) -> UnsafeMutablePointer<Saga__V1__Histogram> {
        // SAFETY: the message and its numbers live in this arena until the next reset.
        let message = unsafe make(saga__v1__histogram__init)
        let used = histogram.buckets.prefix((histogram.buckets.lastIndex { $0 > 0 } ?? -1) + 1)
        unsafe message.pointee.n_buckets = used.count
        unsafe message.pointee.buckets = numbers(used) { $0 }
        unsafe message.pointee.sum = histogram.sum
        unsafe message.pointee.max = histogram.max
        return unsafe message
    }

    /// The process.
    mutating func process(
        _ status: ProcessStatus
    ) -> UnsafeMutablePointer<Saga__V1__ProcessStatus> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__process_status__init)
        unsafe message.pointee.pid = status.identifier
        unsafe message.pointee.cpu = duration(status.processorTime)
        unsafe message.pointee.resident_bytes = status.residentBytes
        unsafe message.pointee.anonymous_bytes = status.anonymousBytes
        unsafe message.pointee.peak_resident_bytes = status.peakResidentBytes
        let files = unsafe make(saga__v1__usage__init)
        unsafe files.pointee.used = status.openFiles
        unsafe files.pointee.limit = status.fileLimit
        unsafe message.pointee.file_descriptors = files
        return unsafe message
    }

    /// How the coordinator came up.
    mutating func recovery(
        _ status: RecoveryStatus
    ) -> UnsafeMutablePointer<Saga__V1__RecoveryStatus> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__recovery_status__init)
        unsafe message.pointee.took = duration(status.took)
        unsafe message.pointee.records = status.records
        unsafe message.pointee.sagas = status.sagas
        unsafe message.pointee.torn_bytes = status.tornBytes
        unsafe message.pointee.torn_file = text(status.tornFile)
        return unsafe message
    }

    /// The connections.
    mutating func transport(
        _ status: TransportStatus
    ) -> UnsafeMutablePointer<Saga__V1__TransportStatus> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__transport_status__init)
        unsafe message.pointee.n_listening = status.listening.count
        unsafe message.pointee.listening = list(status.listening) { arena, listener in
            let entry = unsafe arena.make(saga__v1__listener_status__init)
            unsafe entry.pointee.address = arena.text(listener.address)
            unsafe entry.pointee.tls = listener.isSecure ? 1 : 0
            return unsafe entry
        }
        unsafe message.pointee.connections = status.connections
        unsafe message.pointee.connections_total = status.acceptedConnections
        unsafe message.pointee.calls_total = status.calls
        unsafe message.pointee.n_counters_total = status.counters.count
        unsafe message.pointee.counters_total = list(status.counters) { arena, counter in
            let entry = unsafe arena.make(saga__v1__named_count__init)
            unsafe entry.pointee.name = arena.text(counter.name)
            unsafe entry.pointee.count = counter.count
            return unsafe entry
        }
        return unsafe message
    }

    /// A handler; the model counts both directions together, and so its queue stands for both.
    mutating func handler(
        _ status: HandlerStatus
    ) -> UnsafeMutablePointer<Saga__V1__HandlerStatus> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__handler_status__init)
        unsafe message.pointee.handler = text(status.handler.handler)
        unsafe message.pointee.instances = status.instances
        let queue = unsafe make(saga__v1__queue_status__init)
        unsafe queue.pointee.slots = UInt64(status.slots)
        unsafe queue.pointee.free_slots = UInt64(status.freeSlots)
        unsafe queue.pointee.running = UInt64(status.running)
        unsafe queue.pointee.queued = UInt64(status.queued)
        unsafe queue.pointee.oldest_since = instant(status.oldestQueuedAt)
        unsafe message.pointee.forward = queue
        return unsafe message
    }

    /// An instance; one that is not attached was lost when it was last heard of.
    mutating func instance(
        _ status: InstanceStatus
    ) -> UnsafeMutablePointer<Saga__V1__InstanceStatus> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__instance_status__init)
        let name = unsafe make(saga__v1__participant_ref__init)
        unsafe name.pointee.name = text(status.participant.name)
        unsafe name.pointee.instance = text(status.participant.instance)
        unsafe message.pointee.participant = name
        unsafe message.pointee.service_version = text(status.serviceVersion)
        unsafe message.pointee.sdk = text(status.sdkVersion)
        unsafe message.pointee.n_handlers = status.handlers.count
        unsafe message.pointee.handlers = texts(status.handlers)
        unsafe message.pointee.session_since = instant(status.attachedAt)
        unsafe message.pointee.last_heartbeat = instant(status.lastHeardAt)
        if !status.isAttached { unsafe message.pointee.lost_at = instant(status.lastHeardAt) }
        unsafe message.pointee.slots = status.slots
        unsafe message.pointee.running = status.running
        unsafe message.pointee.undo_slots = status.undoSlots
        unsafe message.pointee.undo_running = status.undoing
        unsafe message.pointee.draining = status.isDraining ? 1 : 0
        return unsafe message
    }
}

extension Log2Histogram {
    /// What this share of all is not above, as a time.
    fileprivate func share(_ share: Double) -> Duration {
        .microseconds(Int64(clamping: quantile(share)))
    }
}

extension SpaceLevel {
    /// The number of a level in messages, which tell no more of the last two than that nothing is
    /// recorded.
    static func wireNumber(of level: SpaceLevel?) -> Saga__V1__JournalSpace {
        switch level {
        case nil: SAGA__V1__JOURNAL_SPACE__JOURNAL_SPACE_UNSPECIFIED
        case .ample: SAGA__V1__JOURNAL_SPACE__JOURNAL_SPACE_AMPLE
        case .low: SAGA__V1__JOURNAL_SPACE__JOURNAL_SPACE_SHORT
        case .spare: SAGA__V1__JOURNAL_SPACE__JOURNAL_SPACE_SPARE
        case .reserve, .last: SAGA__V1__JOURNAL_SPACE__JOURNAL_SPACE_EXHAUSTED
        }
    }

    /// The level of a number; nil if it is not said, or not known.
    init?(wireNumber: Saga__V1__JournalSpace) {
        for level in [SpaceLevel.ample, .low, .spare, .reserve]
        where Self.wireNumber(of: level) == wireNumber {
            self = level
            return
        }
        return nil
    }
}
