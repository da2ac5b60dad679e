internal import CSagaProtos
package import SagaModel

/// What the coordinator answers to the calls of `SagaService`.
extension SagaServiceCodec {
    /// Appends a StartSagaResponse.
    ///
    /// - Parameters:
    ///   - id: the saga.
    ///   - existing: whether the key named it already.
    ///   - definition: what it runs by; nil if it is not kept any more.
    ///   - saga: the saga at the end of the wait; nil if none was asked for.
    ///   - wait: how was waited; nil if none was asked for.
    package static func encodeStartSaga(
        _ id: SagaID, existing: Bool, _ definition: DefinitionVersion?, saga: SagaStatus?,
        wait: AwaitWish?, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__start_saga_response__init)
            unsafe message.pointee.started = arena.started(id, existing, definition)
            if let saga {
                let wait = wait ?? AwaitWish()
                unsafe message.pointee.saga = arena.saga(saga, wait.view)
                unsafe message.pointee.reached = wait.isReached(saga.state) ? 1 : 0
            }
            return unsafe message
        }
    }

    /// Appends a StartSagasResponse.
    package static func encodeStartSagas(
        _ results: [StartResult], into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back; with each
        // member of a union its case is set.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__start_sagas_response__init)
            unsafe message.pointee.n_results = results.count
            unsafe message.pointee.results = arena.list(results) { arena, result in
                let entry = unsafe arena.make(saga__v1__start_result__init)
                switch result {
                case .started(let id, let existing, let definition):
                    unsafe entry.pointee.result_case = SAGA__V1__START_RESULT__RESULT_STARTED
                    unsafe entry.pointee.started = arena.started(id, existing, definition)
                case .refused(let refusal):
                    unsafe entry.pointee.result_case = SAGA__V1__START_RESULT__RESULT_ERROR
                    unsafe entry.pointee.error = arena.status(refusal)
                }
                return unsafe entry
            }
            return unsafe message
        }
    }

    /// Appends a GetSagaResponse.
    package static func encodeGetSaga(
        _ saga: SagaStatus, view: SagaView, into bytes: inout [UInt8],
        arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__get_saga_response__init)
            unsafe message.pointee.saga = arena.saga(saga, view)
            unsafe message.pointee.now = arena.instant(saga.observedAt)
            return unsafe message
        }
    }

    /// Appends an AwaitSagaResponse.
    package static func encodeAwaitSaga(
        _ saga: SagaStatus, wait: AwaitWish, into bytes: inout [UInt8],
        arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__await_saga_response__init)
            unsafe message.pointee.saga = arena.saga(saga, wait.view)
            unsafe message.pointee.reached = wait.isReached(saga.state) ? 1 : 0
            unsafe message.pointee.now = arena.instant(saga.observedAt)
            return unsafe message
        }
    }

    /// Appends a CancelSagaResponse.
    package static func encodeCancelSaga(
        _ answer: VerbAnswer, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__cancel_saga_response__init)
            unsafe message.pointee.saga_id = arena.text(answer.saga)
            unsafe message.pointee.state = answer.state.wireNumber
            unsafe message.pointee.disposition = CancelDisposition(answer).wireNumber
            return unsafe message
        }
    }

    /// Appends a RegisterDefinitionResponse.
    package static func encodeRegisterDefinition(
        _ answer: RegisterAnswer, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__register_definition_response__init)
            unsafe message.pointee.definition = arena.definitionRef(answer.name, answer.version)
            unsafe message.pointee.digest = arena.digest(answer.digest)
            unsafe message.pointee.existing = answer.existing ? 1 : 0
            unsafe message.pointee.n_warnings = answer.unknownHandlers.count
            unsafe message.pointee.warnings = arena.list(answer.unknownHandlers) {
                arena, unknown in
                let warning = unsafe arena.make(saga__v1__definition_warning__init)
                unsafe warning.pointee.reason = arena.text("HANDLER_NEVER_OFFERED")
                unsafe warning.pointee.step = arena.text(unknown.step)
                unsafe warning.pointee.field = arena.text("handler")
                unsafe warning.pointee.message = arena.text(unknown.message)
                return unsafe warning
            }
            return unsafe message
        }
    }

    /// Appends a GetDefinitionResponse.
    package static func encodeGetDefinition(
        _ status: DefinitionStatus, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__get_definition_response__init)
            unsafe message.pointee.definition = arena.definition(status.definition.written)
            unsafe message.pointee.resolved = arena.definition(status.definition.filled)
            unsafe message.pointee.summary = arena.summary(status.summary)
            return unsafe message
        }
    }

    /// Appends a ListDefinitionsResponse; which ones and in which order is the services' to say.
    ///
    /// - Parameter goesOn: whether others follow the last one.
    package static func encodeListDefinitions(
        _ definitions: [DefinitionStatus], goesOn: Bool = false, now: Instant?,
        into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__list_definitions_response__init)
            unsafe message.pointee.n_definitions = definitions.count
            unsafe message.pointee.definitions = arena.list(definitions) { arena, status in
                unsafe arena.summary(status.summary)
            }
            let last = goesOn ? definitions.last?.definition : nil
            unsafe message.pointee.page = arena.pageInfo(
                after: last.map { DefinitionVersion(name: $0.name, version: $0.version).token },
                now: now)
            return unsafe message
        }
    }
}

extension EncodingArena {
    fileprivate mutating func started(
        _ id: SagaID, _ existing: Bool, _ definition: DefinitionVersion?
    ) -> UnsafeMutablePointer<Saga__V1__StartedSaga> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__started_saga__init)
        unsafe message.pointee.saga_id = text(id)
        unsafe message.pointee.existing = existing ? 1 : 0
        if let definition {
            unsafe message.pointee.definition = definitionRef(
                definition.name, definition.version)
        }
        return unsafe message
    }

    fileprivate mutating func summary(
        _ summary: DefinitionSummary
    ) -> UnsafeMutablePointer<Saga__V1__DefinitionSummary> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__definition_summary__init)
        unsafe message.pointee.definition = definitionRef(summary.name, summary.version)
        unsafe message.pointee.digest = digest(summary.digest)
        unsafe message.pointee.registered_at = instant(summary.registeredAt)
        unsafe message.pointee.step_count = summary.steps
        unsafe message.pointee.pivot = text(summary.pivot)
        unsafe message.pointee.latest = summary.isLatest ? 1 : 0
        unsafe message.pointee.live_sagas = summary.liveSagas
        return unsafe message
    }
}

extension UnknownHandler {
    /// The warning for people, with the nearest names that somebody has offered.
    fileprivate var message: String {
        let said = "no participant has ever offered \(handler)"
        if nearest.isEmpty { return said }
        return "\(said); did you mean \(nearest.joined(separator: " or "))?"
    }
}

extension CancelDisposition: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__CancelDisposition {
        switch self {
        case .goingBack: SAGA__V1__CANCEL_DISPOSITION__CANCEL_DISPOSITION_GOING_BACK
        case .ended: SAGA__V1__CANCEL_DISPOSITION__CANCEL_DISPOSITION_ENDED
        case .waitsForPivot: SAGA__V1__CANCEL_DISPOSITION__CANCEL_DISPOSITION_WAITS_FOR_PIVOT
        case .noEffect: SAGA__V1__CANCEL_DISPOSITION__CANCEL_DISPOSITION_NO_EFFECT
        case .waitsForResume:
            SAGA__V1__CANCEL_DISPOSITION__CANCEL_DISPOSITION_WAITS_FOR_RESUME
        }
    }

    /// What came of a wish, as the saga stands after it.
    init(_ answer: VerbAnswer) {
        guard answer.hadEffect else {
            self = .noEffect
            return
        }
        switch answer.state {
        case .compensating: self = .goingBack
        case .compensated: self = .ended
        case .pending, .running: self = answer.waitsForPivot ? .waitsForPivot : .waitsForResume
        case .failed, .completed, .abandoned: self = .noEffect
        }
    }
}
