internal import CSagaProtos
internal import SagaModel

/// What clients ask of `SagaService`, as they write it.
extension SagaServiceCodec {
    /// Appends a StartSagaRequest.
    package static func encodeStartSagaRequest(
        _ start: StartMessage, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__start_saga_request__init)
            unsafe message.pointee.namespace_ = arena.text(start.namespace)
            unsafe message.pointee.start = arena.start(start)
            if let wait = start.wait { unsafe message.pointee.wait = arena.wish(wait) }
            return unsafe message
        }
    }

    /// Appends a StartSagasRequest; the namespaces and waits of the starts are not looked at.
    package static func encodeStartSagasRequest(
        _ starts: [StartMessage], namespace: String, into bytes: inout [UInt8],
        arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__start_sagas_request__init)
            unsafe message.pointee.namespace_ = arena.text(namespace)
            unsafe message.pointee.n_starts = starts.count
            unsafe message.pointee.starts = arena.list(starts) { unsafe $0.start($1) }
            return unsafe message
        }
    }

    /// Appends a GetSagaRequest.
    package static func encodeGetSagaRequest(
        _ request: SagaMessage, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__get_saga_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.namespace)
            unsafe message.pointee.saga = arena.sagaRef(request.saga)
            unsafe message.pointee.view = arena.view(request.view)
            unsafe message.pointee.n_steps = request.excerpt.steps.count
            unsafe message.pointee.steps = arena.texts(request.excerpt.steps)
            if let part = request.excerpt.part {
                unsafe message.pointee.part = part.wireNumber
            }
            return unsafe message
        }
    }

    /// Appends an AwaitSagaRequest.
    package static func encodeAwaitSagaRequest(
        _ request: AwaitMessage, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__await_saga_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.namespace)
            unsafe message.pointee.saga = arena.sagaRef(request.saga)
            unsafe message.pointee.wait = arena.wish(request.wait)
            return unsafe message
        }
    }

    /// Appends a CancelSagaRequest.
    package static func encodeCancelSagaRequest(
        _ request: CancelMessage, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__cancel_saga_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.namespace)
            unsafe message.pointee.saga = arena.sagaRef(request.saga)
            unsafe message.pointee.reason = arena.text(request.reason)
            return unsafe message
        }
    }

    /// Appends a RegisterDefinitionRequest.
    package static func encodeRegisterDefinitionRequest(
        _ request: RegisterMessage, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__register_definition_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.namespace)
            unsafe message.pointee.definition = arena.definition(request.definition)
            return unsafe message
        }
    }

    /// Appends a GetDefinitionRequest.
    package static func encodeGetDefinitionRequest(
        _ request: DefinitionMessage, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__get_definition_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.namespace)
            unsafe message.pointee.definition = arena.definitionRef(
                request.name, request.version ?? 0)
            return unsafe message
        }
    }

    /// Appends a ListDefinitionsRequest.
    package static func encodeListDefinitionsRequest(
        _ request: DefinitionMessage, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__list_definitions_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.namespace)
            unsafe message.pointee.name = arena.text(request.name)
            unsafe message.pointee.all_versions = request.allVersions ? 1 : 0
            unsafe message.pointee.page = arena.page(
                request.pageSize, after: request.after?.token)
            return unsafe message
        }
    }
}

extension EncodingArena {
    /// Which page is asked for.
    mutating func page(
        _ size: UInt32, after token: String?
    ) -> UnsafeMutablePointer<Saga__V1__PageRequest> {
        // SAFETY: the message lives in this arena until the next reset.
        let page = unsafe make(saga__v1__page_request__init)
        unsafe page.pointee.size = size
        if let token { unsafe page.pointee.token = text(token) }
        return unsafe page
    }

    /// What follows a page.
    mutating func pageInfo(
        after token: String?, now: Instant?
    ) -> UnsafeMutablePointer<Saga__V1__PageInfo> {
        // SAFETY: the message lives in this arena until the next reset.
        let info = unsafe make(saga__v1__page_info__init)
        if let token { unsafe info.pointee.next_token = text(token) }
        unsafe info.pointee.now = instant(now)
        return unsafe info
    }
}

extension DefinitionVersion {
    /// The definition in the token of the page after it; no name has a slash.
    var token: String { "\(name)/\(version)" }

    /// Takes the token back; nil if it is none.
    init?(token: String) {
        let parts = token.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let version = UInt32(parts[1]) else { return nil }
        self.init(name: String(parts[0]), version: version)
    }
}

extension EncodingArena {
    fileprivate mutating func start(
        _ start: StartMessage
    ) -> UnsafeMutablePointer<Saga__V1__SagaStart> {
        // SAFETY: the message lives in this arena until the next reset; with each member of a union
        // its case is set.
        let message = unsafe make(saga__v1__saga_start__init)
        if let own = start.inline {
            unsafe message.pointee.runs_case = SAGA__V1__SAGA_START__RUNS_INLINE_DEFINITION
            unsafe message.pointee.inline_definition = definition(own)
        } else {
            unsafe message.pointee.runs_case = SAGA__V1__SAGA_START__RUNS_DEFINITION
            unsafe message.pointee.definition = definitionRef(
                start.definition, start.version ?? 0)
        }
        unsafe message.pointee.start_at = instant(start.startAt)
        if let old = start.replaces { unsafe message.pointee.replaces = text(old) }
        unsafe message.pointee.input = payload(start.input)
        unsafe message.pointee.key = text(start.key)
        unsafe message.pointee.key_is_random = start.keyIsRandom ? 1 : 0
        unsafe message.pointee.n_labels = start.labels.count
        unsafe message.pointee.labels = pairs(
            start.labels, saga__v1__saga_start__labels_entry__init)
        unsafe message.pointee.n_trace_context = start.traceContext.count
        unsafe message.pointee.trace_context = pairs(
            start.traceContext, saga__v1__saga_start__trace_context_entry__init)
        return unsafe message
    }

    fileprivate mutating func wish(
        _ wish: AwaitWish
    ) -> UnsafeMutablePointer<Saga__V1__AwaitOptions> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__await_options__init)
        unsafe message.pointee.timeout = duration(wish.timeout)
        unsafe message.pointee.condition =
            wish.untilEnded
            ? SAGA__V1__AWAIT_CONDITION__AWAIT_CONDITION_ENDED
            : SAGA__V1__AWAIT_CONDITION__AWAIT_CONDITION_ENDED_OR_PARKED
        unsafe message.pointee.view = view(wish.view)
        return unsafe message
    }

    fileprivate mutating func view(
        _ view: SagaView
    ) -> UnsafeMutablePointer<Saga__V1__SagaView> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__saga_view__init)
        unsafe message.pointee.output = view.output ? 1 : 0
        unsafe message.pointee.steps = view.steps ? 1 : 0
        unsafe message.pointee.history = view.history ? 1 : 0
        unsafe message.pointee.payloads = view.payloads ? 1 : 0
        return unsafe message
    }

    /// The name of a saga.
    mutating func sagaRef(
        _ name: SagaRef
    ) -> UnsafeMutablePointer<Saga__V1__SagaRef> {
        // SAFETY: the messages live in this arena until the next reset; with each member of a union
        // its case is set.
        let message = unsafe make(saga__v1__saga_ref__init)
        switch name {
        case .id(let id):
            unsafe message.pointee.name_case = SAGA__V1__SAGA_REF__NAME_SAGA_ID
            unsafe message.pointee.saga_id = text(id)
        case .key(let definition, let key):
            let business = unsafe make(saga__v1__business_key__init)
            unsafe business.pointee.definition = text(definition)
            unsafe business.pointee.key = text(key)
            unsafe message.pointee.name_case = SAGA__V1__SAGA_REF__NAME_BUSINESS_KEY
            unsafe message.pointee.business_key = business
        }
        return unsafe message
    }
}
