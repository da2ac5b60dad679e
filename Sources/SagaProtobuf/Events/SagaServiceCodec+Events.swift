internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// `WatchEvents`, both sides of it.
extension SagaServiceCodec {
    /// Appends a WatchEventsRequest.
    package static func encodeWatchEventsRequest(
        _ request: WatchMessage, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__watch_events_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.namespace)
            switch request.start {
            case .now: unsafe message.pointee.from = SAGA__V1__WATCH_FROM__WATCH_FROM_NOW
            case .oldest: unsafe message.pointee.from = SAGA__V1__WATCH_FROM__WATCH_FROM_OLDEST
            case .after(let cursor): unsafe message.pointee.cursor = arena.bytes(cursor.bytes)
            }
            if let saga = request.saga { unsafe message.pointee.saga = arena.sagaRef(saga) }
            if let definition = request.definition {
                unsafe message.pointee.definition = arena.definitionRef(
                    definition, request.version ?? 0)
            }
            unsafe message.pointee.n_labels = request.labels.count
            unsafe message.pointee.labels = arena.pairs(
                request.labels, saga__v1__watch_events_request__labels_entry__init)
            unsafe message.pointee.n_kinds = request.kinds.count
            unsafe message.pointee.kinds = arena.numbers(request.kinds, \.wireNumber)
            return unsafe message
        }
    }

    /// Reads a WatchEventsRequest.
    package static func decodeWatchEvents(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> WatchMessage {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__watch_events_request__unpack) {
            message throws(CodecFailure) in
            try unsafe MessageReader.watch(message, limits)
        }
    }

    /// Appends a WatchEventsResponse.
    package static func encodeWatchEvents(
        _ told: WatchAnswer, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__watch_events_response__init)
            if let event = told.event { unsafe message.pointee.event = arena.event(event) }
            unsafe message.pointee.cursor = arena.bytes(told.cursor.bytes)
            unsafe message.pointee.unreadable_records = told.unreadableRecords
            return unsafe message
        }
    }

    /// Reads a WatchEventsResponse; an event of a kind that is not known here is passed over.
    package static func decodeWatchEventsResponse(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> WatchAnswer {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__watch_events_response__unpack) {
            message throws(CodecFailure) in
            let cursor = unsafe EventCursor(bytes: MessageReader.bytes(message.pointee.cursor))
            let event = unsafe message.pointee.event
            return try unsafe WatchAnswer(
                event: event == nil ? nil : MessageReader.event(event!, cursor, limits),
                cursor: cursor, unreadableRecords: message.pointee.unreadable_records)
        }
    }
}
