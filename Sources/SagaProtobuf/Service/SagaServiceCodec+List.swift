internal import CSagaProtos
package import SagaModel

/// Lists and counts of sagas, as the coordinator and as clients need them.
extension SagaServiceCodec {
    /// Reads a ListSagasRequest.
    package static func decodeListSagas(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> ListRequest {
        // SAFETY: as `decodeStartSaga`.
        try unsafe arena.unpack(bytes, with: saga__v1__list_sagas_request__unpack) {
            message throws(CodecFailure) in
            try unsafe MessageReader.listSagas(message, limits)
        }
    }

    /// Appends a ListSagasRequest.
    package static func encodeListSagasRequest(
        _ request: ListRequest, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__list_sagas_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.filter.namespace)
            unsafe message.pointee.filter = arena.filter(request.filter)
            unsafe message.pointee.order =
                request.isOldestFirst
                ? SAGA__V1__SAGA_ORDER__SAGA_ORDER_OLDEST_FIRST
                : SAGA__V1__SAGA_ORDER__SAGA_ORDER_NEWEST_FIRST
            let page = unsafe arena.make(saga__v1__page_request__init)
            unsafe page.pointee.size = request.pageSize
            if let cursor = request.cursor {
                unsafe page.pointee.token = arena.text("\(cursor.rawValue)")
            }
            unsafe message.pointee.page = page
            return unsafe message
        }
    }

    /// Appends a ListSagasResponse.
    package static func encodeListSagas(
        _ page: SagaPage, namespace: String, into bytes: inout [UInt8],
        arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__list_sagas_response__init)
            unsafe message.pointee.n_sagas = page.rows.count
            unsafe message.pointee.sagas = arena.list(page.rows) { arena, row in
                unsafe arena.saga(row, namespace: namespace)
            }
            let info = unsafe arena.make(saga__v1__page_info__init)
            if let next = page.next {
                unsafe info.pointee.next_token = arena.text("\(next.rawValue)")
            }
            unsafe info.pointee.now = arena.instant(page.observedAt)
            unsafe message.pointee.page = info
            return unsafe message
        }
    }

    /// Reads a ListSagasResponse.
    package static func decodeListSagasResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> SagaPage {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__list_sagas_response__unpack) {
            message throws(CodecFailure) in
            let page = try unsafe MessageReader.required(message.pointee.page, "", "page")
            let token = try unsafe MessageReader.text(
                page.pointee.next_token, "page.", "next_token")
            return try unsafe SagaPage(
                rows: MessageReader.list(
                    message.pointee.sagas, message.pointee.n_sagas, "sagas", MessageReader.row),
                next: UInt64(token).map(JournalPosition.init),
                observedAt: MessageReader.requiredInstant(page.pointee.now, "page.", "now"))
        }
    }

    /// Reads a CountSagasRequest.
    package static func decodeCountSagas(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> CountRequest {
        // SAFETY: as `decodeStartSaga`.
        try unsafe arena.unpack(bytes, with: saga__v1__count_sagas_request__unpack) {
            message throws(CodecFailure) in
            try unsafe MessageReader.countSagas(message, limits)
        }
    }

    /// Appends a CountSagasRequest.
    package static func encodeCountSagasRequest(
        _ request: CountRequest, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__count_sagas_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.filter.namespace)
            unsafe message.pointee.filter = arena.filter(request.filter)
            let (group, label): (Saga__V1__SagaGroup, String) =
                switch request.group {
                case .state: (SAGA__V1__SAGA_GROUP__SAGA_GROUP_STATE, "")
                case .definition: (SAGA__V1__SAGA_GROUP__SAGA_GROUP_DEFINITION, "")
                case .version: (SAGA__V1__SAGA_GROUP__SAGA_GROUP_VERSION, "")
                case .failureCode: (SAGA__V1__SAGA_GROUP__SAGA_GROUP_FAILURE_CODE, "")
                case .participant: (SAGA__V1__SAGA_GROUP__SAGA_GROUP_PARTICIPANT, "")
                case .handler: (SAGA__V1__SAGA_GROUP__SAGA_GROUP_HANDLER, "")
                case .label(let name): (SAGA__V1__SAGA_GROUP__SAGA_GROUP_LABEL, name)
                }
            unsafe message.pointee.group = group
            unsafe message.pointee.label = arena.text(label)
            return unsafe message
        }
    }

    /// How many groups an answer names.
    private static let groupsShown = 1_000

    /// Appends a CountSagasResponse.
    package static func encodeCountSagas(
        _ counts: SagaCounts, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        let groups = counts.counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__count_sagas_response__init)
            let shown = groups.prefix(groupsShown)
            unsafe message.pointee.n_counts = shown.count
            unsafe message.pointee.counts = arena.list(shown) { arena, group in
                let count = unsafe arena.make(saga__v1__saga_count__init)
                unsafe count.pointee.value = arena.text(group.key)
                unsafe count.pointee.count = group.value
                return unsafe count
            }
            unsafe message.pointee.total = counts.total
            unsafe message.pointee.groups = UInt64(groups.count)
            unsafe message.pointee.now = arena.instant(counts.observedAt)
            return unsafe message
        }
    }

    /// Reads a CountSagasResponse.
    package static func decodeCountSagasResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> SagaCounts {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__count_sagas_response__unpack) {
            message throws(CodecFailure) in
            let groups = try unsafe MessageReader.list(
                message.pointee.counts, message.pointee.n_counts, "counts"
            ) { group throws(CodecFailure) in
                try unsafe (
                    MessageReader.text(group.pointee.value, "", "value"), group.pointee.count
                )
            }
            return try unsafe SagaCounts(
                counts: Dictionary(groups, uniquingKeysWith: +), total: message.pointee.total,
                observedAt: MessageReader.requiredInstant(message.pointee.now, "", "now"))
        }
    }
}

extension EncodingArena {
    /// Which sagas are meant.
    fileprivate mutating func filter(
        _ given: SagaFilter
    ) -> UnsafeMutablePointer<Saga__V1__SagaFilter> {
        // SAFETY: the messages live in this arena until the next reset.
        let filter = unsafe make(saga__v1__saga_filter__init)
        unsafe filter.pointee.n_states = given.states.count
        unsafe filter.pointee.states = numbers(given.states, \.wireNumber)
        if !given.definition.isEmpty || given.version != nil {
            unsafe filter.pointee.definition = definitionRef(given.definition, given.version ?? 0)
        }
        unsafe filter.pointee.needs_attention = given.needsAttention ? 1 : 0
        unsafe filter.pointee.suspended = given.isSuspended ? 1 : 0
        unsafe filter.pointee.n_attention = given.attention.count
        unsafe filter.pointee.attention = numbers(given.attention, \.wireNumber)
        unsafe filter.pointee.key = text(given.key)
        unsafe filter.pointee.n_labels = given.labels.count
        unsafe filter.pointee.labels = pairs(
            given.labels, saga__v1__saga_filter__labels_entry__init)
        unsafe filter.pointee.failure_code = text(given.failureCode)
        unsafe filter.pointee.handler = text(given.handler)
        if let participant = given.participant {
            let name = unsafe make(saga__v1__participant_ref__init)
            unsafe name.pointee.name = text(participant.name)
            unsafe name.pointee.instance = text(participant.instance)
            unsafe filter.pointee.participant = name
        }
        unsafe filter.pointee.created = range(given.started)
        unsafe filter.pointee.ended = range(given.ended)
        if let parent = given.parent { unsafe filter.pointee.parent_saga_id = text(parent) }
        return unsafe filter
    }

    private mutating func range(
        _ range: InstantRange
    ) -> UnsafeMutablePointer<Saga__V1__TimeRange>? {
        if range.isAll { return nil }
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__time_range__init)
        unsafe message.pointee.from = instant(range.from)
        unsafe message.pointee.to = instant(range.to)
        return unsafe message
    }
}
