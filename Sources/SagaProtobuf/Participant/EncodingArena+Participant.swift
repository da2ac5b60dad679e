internal import CSagaProtos
internal import SagaModel

/// What participants say.
extension EncodingArena {
    /// One message on a participant's stream.
    mutating func attachRequest(
        _ said: borrowing ParticipantMessage
    ) -> UnsafeMutablePointer<Saga__V1__AttachRequest> {
        // SAFETY: the messages live in this arena until the next reset; with each member of a union
        // its case is set.
        let message = unsafe make(saga__v1__attach_request__init)
        switch said {
        case .hello(let greeting):
            unsafe message.pointee.message_case = SAGA__V1__ATTACH_REQUEST__MESSAGE_HELLO
            unsafe message.pointee.hello = hello(greeting)
        case .result(let result):
            unsafe message.pointee.message_case = SAGA__V1__ATTACH_REQUEST__MESSAGE_RESULT
            unsafe message.pointee.result = self.result(result)
        case .heartbeat(let signs):
            let heartbeat = unsafe make(saga__v1__heartbeat__init)
            unsafe heartbeat.pointee.n_attempts = signs.count
            unsafe heartbeat.pointee.attempts = list(signs) { arena, sign in
                // SAFETY: the message lives in the arena until the next reset.
                let item = unsafe arena.make(saga__v1__attempt_heartbeat__init)
                unsafe item.pointee.task = arena.task(sign.attempt.task)
                unsafe item.pointee.token = arena.token(sign.attempt.token)
                if let progress = sign.progress {
                    unsafe item.pointee.progress = arena.payload(progress)
                }
                return unsafe item
            }
            unsafe message.pointee.message_case = SAGA__V1__ATTACH_REQUEST__MESSAGE_HEARTBEAT
            unsafe message.pointee.heartbeat = heartbeat
        case .draining(let within):
            let draining = unsafe make(saga__v1__draining__init)
            unsafe draining.pointee.within = duration(within)
            unsafe message.pointee.message_case = SAGA__V1__ATTACH_REQUEST__MESSAGE_DRAINING
            unsafe message.pointee.draining = draining
        }
        return unsafe message
    }

    private mutating func result(
        _ result: TaskResult
    ) -> UnsafeMutablePointer<Saga__V1__Result> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__result__init)
        unsafe message.pointee.task = task(result.attempt.task)
        unsafe message.pointee.token = token(result.attempt.token)
        unsafe message.pointee.outcome = outcome(result.outcome)
        return unsafe message
    }

    private mutating func hello(_ hello: Hello) -> UnsafeMutablePointer<Saga__V1__Hello> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__hello__init)
        unsafe message.pointee.namespace_ = text(hello.participant.namespace)
        unsafe message.pointee.protocol_version = hello.protocolVersion
        unsafe message.pointee.sdk = text(hello.sdkVersion)
        unsafe message.pointee.participant = text(hello.participant.name)
        unsafe message.pointee.instance = text(hello.participant.instance)
        unsafe message.pointee.service_version = text(hello.serviceVersion)
        unsafe message.pointee.n_handlers = hello.handlers.count
        unsafe message.pointee.handlers = list(hello.handlers) { unsafe $0.offer($1) }
        unsafe message.pointee.slots = hello.slots
        unsafe message.pointee.undo_slots = hello.undoSlots
        unsafe message.pointee.n_running = hello.running.count
        unsafe message.pointee.running = list(hello.running) { unsafe $0.attempt($1) }
        unsafe message.pointee.n_finished = hello.holdingResults.count
        unsafe message.pointee.finished = list(hello.holdingResults) { unsafe $0.attempt($1) }
        unsafe message.pointee.n_known_lives = hello.epochsMet.count
        unsafe message.pointee.known_lives = list(hello.epochsMet) { unsafe $0.knownLife($1) }
        return unsafe message
    }

    private mutating func offer(
        _ offer: HandlerOffer
    ) -> UnsafeMutablePointer<Saga__V1__HandlerOffer> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__handler_offer__init)
        unsafe message.pointee.handler = text(offer.name)
        unsafe message.pointee.has_compensation = offer.hasCompensation ? 1 : 0
        return unsafe message
    }

    private mutating func attempt(
        _ attempt: TaskAttempt
    ) -> UnsafeMutablePointer<Saga__V1__AttemptRef> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__attempt_ref__init)
        unsafe message.pointee.task = task(attempt.task)
        unsafe message.pointee.token = token(attempt.token)
        return unsafe message
    }

    private mutating func knownLife(
        _ met: EpochMet
    ) -> UnsafeMutablePointer<Saga__V1__KnownLife> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__known_life__init)
        unsafe message.pointee.lineage = text(met.lineage)
        unsafe message.pointee.epoch = met.epoch.rawValue
        unsafe message.pointee.life = met.life
        return unsafe message
    }
}
