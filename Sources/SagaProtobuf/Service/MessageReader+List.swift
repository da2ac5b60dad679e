internal import CSagaProtos
internal import SagaModel

/// Which sagas a request means.
extension MessageReader {
    /// A page of a list; the token of the page before is the position in digits.
    static func listSagas(
        _ message: UnsafeMutablePointer<Saga__V1__ListSagasRequest>, _ limits: CodecLimits
    ) throws(CodecFailure) -> ListRequest {
        // SAFETY: the message and all it points to live in the arena.
        var request = try unsafe ListRequest(
            filter(
                message.pointee.filter, in: namespace(message.pointee.namespace_, limits), limits),
            pageSize: 100)
        switch unsafe message.pointee.order {
        case SAGA__V1__SAGA_ORDER__SAGA_ORDER_UNSPECIFIED,
            SAGA__V1__SAGA_ORDER__SAGA_ORDER_NEWEST_FIRST:
            break
        case SAGA__V1__SAGA_ORDER__SAGA_ORDER_OLDEST_FIRST: request.isOldestFirst = true
        default:  // open set: orders of a later release
            throw unsafe CodecFailure("order", .unknownValue(message.pointee.order.rawValue))
        }
        if let page = unsafe message.pointee.page {
            let size = unsafe page.pointee.size
            request.pageSize = size == 0 ? 100 : min(size, 1_000)
            let token = try unsafe text(page.pointee.token, "page.", "token")
            if !token.isEmpty {
                guard let position = UInt64(token) else {
                    throw CodecFailure("page.token", .wrong("is not that of a page before"))
                }
                request.cursor = JournalPosition(position)
            }
        }
        return request
    }

    /// Sagas to count.
    static func countSagas(
        _ message: UnsafeMutablePointer<Saga__V1__CountSagasRequest>, _ limits: CodecLimits
    ) throws(CodecFailure) -> CountRequest {
        // SAFETY: the message and all it points to live in the arena.
        let filter = try unsafe filter(
            message.pointee.filter, in: namespace(message.pointee.namespace_, limits), limits)
        let label = try unsafe text(
            message.pointee.label, "", "label", limit: limits.labelNameBytes)
        return CountRequest(filter, by: try unsafe group(message.pointee.group, label))
    }

    private static func group(
        _ number: Saga__V1__SagaGroup, _ label: String
    ) throws(CodecFailure) -> SagaGroup {
        let isLabel = number == SAGA__V1__SAGA_GROUP__SAGA_GROUP_LABEL
        guard isLabel != label.isEmpty else {
            throw isLabel
                ? CodecFailure("label", .unset)
                : CodecFailure("label", .wrong("is only for the group SAGA_GROUP_LABEL"))
        }
        switch number {
        case SAGA__V1__SAGA_GROUP__SAGA_GROUP_UNSPECIFIED: throw CodecFailure("group", .unset)
        case SAGA__V1__SAGA_GROUP__SAGA_GROUP_STATE: return .state
        case SAGA__V1__SAGA_GROUP__SAGA_GROUP_DEFINITION: return .definition
        case SAGA__V1__SAGA_GROUP__SAGA_GROUP_VERSION: return .version
        case SAGA__V1__SAGA_GROUP__SAGA_GROUP_FAILURE_CODE: return .failureCode
        case SAGA__V1__SAGA_GROUP__SAGA_GROUP_PARTICIPANT: return .participant
        case SAGA__V1__SAGA_GROUP__SAGA_GROUP_HANDLER: return .handler
        case SAGA__V1__SAGA_GROUP__SAGA_GROUP_LABEL: return .label(label)
        default:  // open set: groups of a later release
            throw CodecFailure("group", .unknownValue(number.rawValue))
        }
    }

    /// Which sagas are meant; all faults of it at once.
    private static func filter(
        _ message: UnsafeMutablePointer<Saga__V1__SagaFilter>?, in namespace: String,
        _ limits: CodecLimits
    ) throws(CodecFailure) -> SagaFilter {
        var filter = SagaFilter(namespace: namespace)
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return filter }
        try unsafe readStates(message, into: &filter)
        if let definition = unsafe message.pointee.definition {
            let version = unsafe definition.pointee.version
            filter.version = version == 0 ? nil : version
            filter.definition = try unsafe text(
                definition.pointee.name, "filter.definition.", "name", limit: limits.nameBytes)
        }
        filter.key = try unsafe text(message.pointee.key, "filter.", "key", limit: limits.keyBytes)
        filter.labels = try unsafe pairs(
            message.pointee.labels, message.pointee.n_labels, "filter.labels")
        filter.failureCode = try unsafe text(
            message.pointee.failure_code, "filter.", "failure_code",
            limit: limits.failureCodeBytes)
        filter.handler = try unsafe text(
            message.pointee.handler, "filter.", "handler", limit: limits.nameBytes)
        if let participant = unsafe message.pointee.participant {
            filter.participant = try unsafe SagaFilter.Participant(
                name: requiredText(
                    participant.pointee.name, "filter.participant.", "name",
                    limit: limits.nameBytes),
                instance: text(
                    participant.pointee.instance, "filter.participant.", "instance",
                    limit: limits.nameBytes))
        }
        filter.started = try unsafe range(message.pointee.created, "filter.created.")
        filter.ended = try unsafe range(message.pointee.ended, "filter.ended.")
        if try unsafe !textBytes(message.pointee.parent_saga_id, "filter.", "parent_saga_id")
            .isEmpty
        {
            filter.parent = try unsafe sagaID(
                message.pointee.parent_saga_id, "filter.", "parent_saga_id")
        }
        if let failure = CodecFailure(faults(of: filter, limits)) { throw failure }
        return filter
    }

    private static func readStates(
        _ message: UnsafeMutablePointer<Saga__V1__SagaFilter>, into filter: inout SagaFilter
    ) throws(CodecFailure) {
        // SAFETY: the message and all it points to live in the arena; as many values are there as
        // are counted.
        let states = unsafe UnsafeBufferPointer(
            start: message.pointee.states, count: message.pointee.n_states)
        for place in states.indices {
            let state: SagaState = try unsafe value(states[place], "filter.", "states")
            if !filter.states.contains(state) { filter.states.append(state) }
        }
        if unsafe message.pointee.live != 0 {
            let named = filter.states.isEmpty ? SagaState.allCases : filter.states
            filter.states = named.filter { !$0.isEnded }
            if filter.states.isEmpty {
                throw CodecFailure("filter.live", .wrong("excludes every state that is named"))
            }
        }
        filter.needsAttention = unsafe message.pointee.needs_attention != 0
        filter.isSuspended = unsafe message.pointee.suspended != 0
        let reasons = unsafe UnsafeBufferPointer(
            start: message.pointee.attention, count: message.pointee.n_attention)
        for place in reasons.indices {
            let reason: AttentionReason = try unsafe value(reasons[place], "filter.", "attention")
            if !filter.attention.contains(reason) { filter.attention.append(reason) }
        }
    }

    private static func range(
        _ message: UnsafeMutablePointer<Saga__V1__TimeRange>?, _ path: StaticString
    ) throws(CodecFailure) -> InstantRange {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return InstantRange() }
        return try unsafe InstantRange(
            from: instant(message.pointee.from, path, "from"),
            to: instant(message.pointee.to, path, "to"))
    }

    /// What is wrong with the values of a filter: what nothing could ever match.
    private static func faults(
        of filter: SagaFilter, _ limits: CodecLimits
    ) -> [CodecFailure.Fault] {
        var faults = faults(of: filter.labels, "filter.labels", limits)
        if filter.version != nil, filter.definition.isEmpty {
            faults.append(
                .init(
                    field: "filter.definition.name",
                    reason: .wrong("is required with a version: versions are numbered by name")))
        }
        for (field, range) in [("created", filter.started), ("ended", filter.ended)] {
            if let from = range.from, let to = range.to, to <= from {
                faults.append(
                    .init(
                        field: "filter.\(field).to",
                        reason: .wrong("is not after from; a range holds from, and not to")))
            }
        }
        if !filter.ended.isAll, !filter.takesEnded {
            faults.append(
                .init(
                    field: "filter.ended",
                    reason: .wrong("is of ended sagas, and the rest of the filter excludes them")))
        }
        if !filter.handler.isEmpty, !DefinitionNames.isHandler(filter.handler) {
            faults.append(
                .init(
                    field: "filter.handler",
                    reason: .wrong(
                        "\(ShownText.word(filter.handler)) is not a handler's name, such as "
                            + "payments.charge")))
        }
        return faults
    }
}
