internal import CSagaProtos
package import SagaModel

/// The messages of `AdminService` that this release serves, as the coordinator and as clients need
/// them.
package enum AdminServiceCodec {
    /// Appends a GetStatusRequest.
    package static func encodeGetStatusRequest(
        into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { unsafe $0.make(saga__v1__get_status_request__init) }
    }

    /// Reads a GetStatusRequest, which says nothing that has a bearing on the answer.
    package static func decodeGetStatus(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) {
        // SAFETY: nothing of the message is read.
        try unsafe arena.unpack(bytes, with: saga__v1__get_status_request__unpack) {
            _ throws(CodecFailure) in
        }
    }

    /// Appends a GetStatusResponse.
    ///
    /// - Parameters:
    ///   - status: how the daemon is.
    ///   - lineage: the journal's identity, if it is known here.
    ///   - life: the random number of this life.
    package static func encodeGetStatus(
        _ status: CoordinatorStatus, lineage: SagaID?, life: UInt64,
        into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__get_status_response__init)
            unsafe message.pointee.version = arena.text(status.version)
            unsafe message.pointee.state = SAGA__V1__SERVING_STATE__SERVING_STATE_SERVING
            if let lineage { unsafe message.pointee.lineage = arena.text(lineage) }
            unsafe message.pointee.epoch = status.engine.epoch.rawValue
            unsafe message.pointee.life = life
            unsafe message.pointee.started_at = arena.instant(status.engine.since)
            unsafe message.pointee.now = arena.instant(status.engine.observedAt)
            let engine = unsafe arena.engine(status.engine)
            unsafe engine.pointee.rejected_requests_total = status.rejectedRequests
            unsafe message.pointee.engine = engine
            unsafe message.pointee.journal = arena.journal(status.journal)
            let transport = unsafe arena.transport(status.transport)
            unsafe transport.pointee.sessions = status.engine.sessions
            unsafe message.pointee.transport = transport
            unsafe message.pointee.process = arena.process(status.process)
            unsafe message.pointee.recovery = arena.recovery(status.recovery)
            unsafe message.pointee.archive = arena.archive(status.archive)
            return unsafe message
        }
    }

    /// Reads a GetStatusResponse.
    package static func decodeGetStatusResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> CoordinatorStatus {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__get_status_response__unpack) {
            message throws(CodecFailure) in
            try unsafe MessageReader.status(message)
        }
    }

    /// Appends a ListParticipantsRequest.
    package static func encodeListParticipantsRequest(
        _ request: ParticipantsMessage, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__list_participants_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.namespace)
            unsafe message.pointee.handler = arena.text(request.handler)
            unsafe message.pointee.participant = arena.text(request.participant)
            unsafe message.pointee.page = arena.page(
                request.pageSize, after: request.after?.token)
            return unsafe message
        }
    }

    /// Reads a ListParticipantsRequest.
    package static func decodeListParticipants(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> ParticipantsMessage {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__list_participants_request__unpack) {
            message throws(CodecFailure) in
            var request = try unsafe ParticipantsMessage(
                namespace: MessageReader.namespace(message.pointee.namespace_, limits),
                handler: MessageReader.text(
                    message.pointee.handler, "", "handler", limit: limits.nameBytes),
                participant: MessageReader.text(
                    message.pointee.participant, "", "participant", limit: limits.nameBytes))
            (request.pageSize, request.after) = try unsafe MessageReader.page(
                message.pointee.page, ParticipantRow.init(token:))
            return request
        }
    }

    /// Appends a ListParticipantsResponse.
    ///
    /// - Parameter next: the last row, if others follow it.
    package static func encodeListParticipants(
        _ handlers: [HandlerStatus], _ instances: [InstanceStatus],
        next: ParticipantRow? = nil, now: Instant?,
        into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__list_participants_response__init)
            unsafe message.pointee.n_handlers = handlers.count
            unsafe message.pointee.handlers = arena.list(handlers) { unsafe $0.handler($1) }
            unsafe message.pointee.n_instances = instances.count
            unsafe message.pointee.instances = arena.list(instances) { unsafe $0.instance($1) }
            unsafe message.pointee.now = arena.instant(now)
            unsafe message.pointee.page = arena.pageInfo(after: next?.token, now: now)
            return unsafe message
        }
    }

    /// Reads a ListParticipantsResponse: handlers, instances, when the coordinator looked, and
    /// after which row to ask for more.
    ///
    /// - Parameter namespace: the one that was asked for; the answer does not repeat it.
    package static func decodeListParticipantsResponse(
        _ bytes: Span<UInt8>, namespace: String, arena: inout DecodingArena
    ) throws(CodecFailure) -> (
        handlers: [HandlerStatus], instances: [InstanceStatus], observedAt: Instant?,
        next: ParticipantRow?
    ) {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__list_participants_response__unpack) {
            message throws(CodecFailure) in
            let handlers = try unsafe MessageReader.list(
                message.pointee.handlers, message.pointee.n_handlers, "handlers"
            ) { handler throws(CodecFailure) in
                try unsafe MessageReader.handler(handler, namespace)
            }
            let instances = try unsafe MessageReader.list(
                message.pointee.instances, message.pointee.n_instances, "instances"
            ) { instance throws(CodecFailure) in
                try unsafe MessageReader.instance(instance, namespace)
            }
            return try unsafe (
                handlers, instances, MessageReader.instant(message.pointee.now, "", "now"),
                MessageReader.next(message.pointee.page, ParticipantRow.init(token:))
            )
        }
    }
}
