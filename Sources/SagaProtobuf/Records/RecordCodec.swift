internal import CSagaProtos
package import SagaModel

/// The journal's records as bytes: `saga.journal.v1`, one message a kind.
package enum RecordCodec {
    /// The kinds of records by the number in their frame; numbers never change, and those below 16
    /// are the journal's.
    enum Kind: UInt16, CaseIterable {
        case lifeBegan = 16
        case definitionRegistered = 17
        case keyTaken = 18
        case sagaStarted = 19
        case attemptEnded = 20
        case waitEnded = 21
        case cancelAsked = 22
        case wentBack = 23
        case sagaParked = 24
        case sagaEnded = 25
        case sessionAttached = 26
        case sessionEnded = 27
        case stepsMoved = 28
        case taskDeferred = 29
        case sagaSuspended = 30
        case sagaResumed = 31
        case verbGiven = 32
        case sagaUnparked = 33
        case stepSettled = 34
        case sagaBegan = 35
        case sagaTimedOut = 36
        case attentionChanged = 37
        case limitsSet = 38
        case engineRestated = 40
        case definitionRestated = 41
        case keysRestated = 42
        case sagaRestated = 43
    }

    /// The number of records with which a life begins.
    package static let lifeType = Kind.lifeBegan.rawValue
    /// The number of records that register a definition.
    package static let definitionType = Kind.definitionRegistered.rawValue
    /// The type of a record that takes a business key.
    package static let keyType = Kind.keyTaken.rawValue
    /// The number of records that start a saga.
    package static let startType = Kind.sagaStarted.rawValue
    /// The number of records that state what the engine knows beside all else anew.
    package static let engineRestatedType = Kind.engineRestated.rawValue
    /// The number of records that state a definition anew.
    package static let definitionRestatedType = Kind.definitionRestated.rawValue
    /// The number of records that state a saga anew.
    package static let sagaRestatedType = Kind.sagaRestated.rawValue
    /// The number of records that end a saga.
    package static let endType = Kind.sagaEnded.rawValue

    /// The number that says in its frame what kind of record it is.
    package static func type(of record: borrowing Record) -> UInt16 {
        let kind: Kind =
            switch record {
            case .lifeBegan: .lifeBegan
            case .definitionRegistered: .definitionRegistered
            case .keyTaken: .keyTaken
            case .sagaStarted: .sagaStarted
            case .attemptEnded: .attemptEnded
            case .waitEnded: .waitEnded
            case .cancelAsked: .cancelAsked
            case .wentBack: .wentBack
            case .sagaParked: .sagaParked
            case .sagaEnded: .sagaEnded
            case .sessionAttached: .sessionAttached
            case .sessionEnded: .sessionEnded
            case .stepsMoved: .stepsMoved
            case .taskDeferred: .taskDeferred
            case .sagaSuspended: .sagaSuspended
            case .sagaResumed: .sagaResumed
            case .verbGiven: .verbGiven
            case .sagaUnparked: .sagaUnparked
            case .stepSettled: .stepSettled
            case .sagaBegan: .sagaBegan
            case .sagaTimedOut: .sagaTimedOut
            case .attentionChanged: .attentionChanged
            case .limitsSet: .limitsSet
            case .engineRestated: .engineRestated
            case .definitionRestated: .definitionRestated
            case .keysRestated: .keysRestated
            case .sagaRestated: .sagaRestated
            }
        return kind.rawValue
    }

    /// Appends a record's payload.
    ///
    /// - Parameters:
    ///   - record: the record; which saga it is about is not in its bytes.
    ///   - bytes: what is appended to.
    ///   - arena: where the message is built.
    package static func encode(
        _ record: borrowing Record, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: each message is packed before anything of the arena is taken back.
        switch record {
        case .lifeBegan(let life): unsafe arena.pack(into: &bytes) { unsafe $0.lifeBegan(life) }
        case .definitionRegistered(let definition):
            unsafe arena.pack(into: &bytes) { unsafe $0.definitionRegistered(definition) }
        case .keyTaken(let key): unsafe arena.pack(into: &bytes) { unsafe $0.keyTaken(key) }
        case .sagaStarted(let start):
            unsafe arena.pack(into: &bytes) { unsafe $0.sagaStarted(start) }
        case .attemptEnded(let end):
            unsafe arena.pack(into: &bytes) { unsafe $0.attemptEnded(end) }
        case .waitEnded(let end): unsafe arena.pack(into: &bytes) { unsafe $0.waitEnded(end) }
        case .cancelAsked(let wish):
            unsafe arena.pack(into: &bytes) { unsafe $0.cancelAsked(wish) }
        case .wentBack(let turn): unsafe arena.pack(into: &bytes) { unsafe $0.wentBack(turn) }
        case .sagaParked(let parking):
            unsafe arena.pack(into: &bytes) { unsafe $0.sagaParked(parking) }
        case .sagaEnded(let end): unsafe arena.pack(into: &bytes) { unsafe $0.sagaEnded(end) }
        case .sessionAttached(let session):
            unsafe arena.pack(into: &bytes) { unsafe $0.sessionAttached(session) }
        case .sessionEnded(let session):
            unsafe arena.pack(into: &bytes) { unsafe $0.sessionEnded(session) }
        case .stepsMoved, .taskDeferred, .sagaSuspended, .sagaResumed, .verbGiven, .sagaUnparked,
            .stepSettled, .sagaBegan, .sagaTimedOut, .attentionChanged, .limitsSet:
            encodeStanding(record, into: &bytes, arena: &arena)
        case .engineRestated(let it):
            unsafe arena.pack(into: &bytes) { unsafe $0.engineRestated(it) }
        case .definitionRestated(let it):
            unsafe arena.pack(into: &bytes) { unsafe $0.definitionRestated(it) }
        case .keysRestated(let it): unsafe arena.pack(into: &bytes) { unsafe $0.keysRestated(it) }
        case .sagaRestated(let it): unsafe arena.pack(into: &bytes) { unsafe $0.sagaRestated(it) }
        }
    }

    /// The kinds by which a saga stands still, goes on, or is told to do something.
    private static func encodeStanding(
        _ record: borrowing Record, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: as `encode`.
        switch record {
        case .stepsMoved(let it): unsafe arena.pack(into: &bytes) { unsafe $0.stepsMoved(it) }
        case .taskDeferred(let it): unsafe arena.pack(into: &bytes) { unsafe $0.taskDeferred(it) }
        case .sagaSuspended(let it): unsafe arena.pack(into: &bytes) { unsafe $0.sagaSuspended(it) }
        case .sagaResumed(let it): unsafe arena.pack(into: &bytes) { unsafe $0.sagaResumed(it) }
        case .verbGiven(let it): unsafe arena.pack(into: &bytes) { unsafe $0.verbGiven(it) }
        case .sagaUnparked(let it): unsafe arena.pack(into: &bytes) { unsafe $0.sagaUnparked(it) }
        case .stepSettled(let it): unsafe arena.pack(into: &bytes) { unsafe $0.stepSettled(it) }
        case .sagaBegan(let it): unsafe arena.pack(into: &bytes) { unsafe $0.sagaBegan(it) }
        case .sagaTimedOut(let it): unsafe arena.pack(into: &bytes) { unsafe $0.sagaTimedOut(it) }
        case .attentionChanged(let it):
            unsafe arena.pack(into: &bytes) { unsafe $0.attentionChanged(it) }
        case .limitsSet(let it): unsafe arena.pack(into: &bytes) { unsafe $0.limitsSet(it) }
        case .lifeBegan, .definitionRegistered, .keyTaken, .sagaStarted, .attemptEnded,
            .waitEnded, .cancelAsked, .wentBack, .sagaParked, .sagaEnded, .sessionAttached,
            .sessionEnded, .engineRestated, .definitionRestated, .keysRestated, .sagaRestated:
            preconditionFailure("a record of another kind")
        }
    }

    /// Reads a record's payload.
    ///
    /// - Parameters:
    ///   - type: the number in the record's frame.
    ///   - payload: the bytes of the frame after its header.
    ///   - arena: where the message is unpacked.
    package static func decode(
        type: UInt16, _ payload: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> Record {
        guard let kind = Kind(rawValue: type) else { throw CodecFailure("", .unknownType(type)) }
        // SAFETY: each message is read before anything of the arena is taken back.
        switch kind {
        case .lifeBegan:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__life_began__unpack, MessageReader.lifeBegan)
        case .definitionRegistered:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__definition_registered__unpack,
                MessageReader.definitionRegistered)
        case .keyTaken:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__key_taken__unpack, MessageReader.keyTaken)
        case .sagaStarted:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__saga_started__unpack, MessageReader.sagaStarted)
        case .attemptEnded:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__attempt_ended__unpack,
                MessageReader.attemptEnded)
        case .waitEnded:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__wait_ended__unpack, MessageReader.waitEnded)
        case .cancelAsked:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__cancel_asked__unpack, MessageReader.cancelAsked)
        case .wentBack:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__went_back__unpack, MessageReader.wentBack)
        case .sagaParked:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__saga_parked__unpack, MessageReader.sagaParked)
        case .sagaEnded:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__saga_ended__unpack, MessageReader.sagaEnded)
        case .sessionAttached:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__session_attached__unpack,
                MessageReader.sessionAttached)
        case .sessionEnded:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__session_ended__unpack,
                MessageReader.sessionEnded)
        case .stepsMoved, .taskDeferred, .sagaSuspended, .sagaResumed, .verbGiven, .sagaUnparked,
            .stepSettled, .sagaBegan, .sagaTimedOut, .attentionChanged, .limitsSet:
            return try decodeStanding(kind, payload, arena: &arena)
        case .engineRestated:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__engine_restated__unpack,
                MessageReader.engineRestated)
        case .definitionRestated:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__definition_restated__unpack,
                MessageReader.definitionRestated)
        case .keysRestated:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__keys_restated__unpack,
                MessageReader.keysRestated)
        case .sagaRestated:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__saga_restated__unpack,
                MessageReader.sagaRestated)
        }
    }

    private static func decodeStanding(
        _ kind: Kind, _ payload: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> Record {
        // SAFETY: as `decode`.
        switch kind {
        case .stepsMoved:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__steps_moved__unpack, MessageReader.stepsMoved)
        case .taskDeferred:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__task_deferred__unpack, MessageReader.taskDeferred)
        case .sagaSuspended:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__saga_suspended__unpack,
                MessageReader.sagaSuspended)
        case .sagaResumed:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__saga_resumed__unpack, MessageReader.sagaResumed)
        case .verbGiven:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__verb_given__unpack, MessageReader.verbGiven)
        case .sagaUnparked:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__saga_unparked__unpack, MessageReader.sagaUnparked)
        case .stepSettled:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__step_settled__unpack, MessageReader.stepSettled)
        case .sagaBegan:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__saga_began__unpack, MessageReader.sagaBegan)
        case .sagaTimedOut:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__saga_timed_out__unpack, MessageReader.sagaTimedOut
            )
        case .attentionChanged:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__attention_changed__unpack,
                MessageReader.attentionChanged)
        case .limitsSet:
            return try unsafe arena.unpack(
                payload, with: saga__journal__v1__limits_set__unpack, MessageReader.limitsSet)
        case .lifeBegan, .definitionRegistered, .keyTaken, .sagaStarted, .attemptEnded,
            .waitEnded, .cancelAsked, .wentBack, .sagaParked, .sagaEnded, .sessionAttached,
            .sessionEnded, .engineRestated, .definitionRestated, .keysRestated, .sagaRestated:
            preconditionFailure("a record of another kind")
        }
    }
}
