internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Records, but for those of a saga's course.
extension EncodingArena {
    /// The payload of a record of that kind.
    mutating func lifeBegan(
        _ life: LifeBegan
    ) -> UnsafeMutablePointer<Saga__Journal__V1__LifeBegan> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__life_began__init)
        unsafe message.pointee.epoch = life.epoch.rawValue
        unsafe message.pointee.life = life.life
        unsafe message.pointee.at = life.at.microseconds
        if let gapAfter = life.gapAfter {
            unsafe message.pointee.optional_gap_after_case =
                SAGA__JOURNAL__V1__LIFE_BEGAN__OPTIONAL_GAP_AFTER_GAP_AFTER
            unsafe message.pointee.gap_after = gapAfter.rawValue
        }
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func definitionRegistered(
        _ record: DefinitionRegistered
    ) -> UnsafeMutablePointer<Saga__Journal__V1__DefinitionRegistered> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__definition_registered__init)
        unsafe message.pointee.namespace_ = text(record.namespace)
        unsafe message.pointee.written = definition(record.written)
        unsafe message.pointee.filled = definition(record.filled)
        unsafe message.pointee.digest = digest(record.digest)
        unsafe message.pointee.principal = text(record.principal.name)
        unsafe message.pointee.principal_verified = record.principal.isVerified ? 1 : 0
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The 32 bytes of a digest.
    mutating func digest(_ digest: Digest256) -> ProtobufCBinaryData {
        // SAFETY: the piece has room for the four words.
        let copy = unsafe piece(32)
        unsafe copy.storeBytes(of: digest.words.0.bigEndian, toByteOffset: 0, as: UInt64.self)
        unsafe copy.storeBytes(of: digest.words.1.bigEndian, toByteOffset: 8, as: UInt64.self)
        unsafe copy.storeBytes(of: digest.words.2.bigEndian, toByteOffset: 16, as: UInt64.self)
        unsafe copy.storeBytes(of: digest.words.3.bigEndian, toByteOffset: 24, as: UInt64.self)
        return unsafe ProtobufCBinaryData(
            len: 32, data: copy.assumingMemoryBound(to: UInt8.self))
    }

    /// The payload of a record of that kind.
    mutating func keyTaken(
        _ record: KeyTaken
    ) -> UnsafeMutablePointer<Saga__Journal__V1__KeyTaken> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__key_taken__init)
        unsafe message.pointee.key_high = record.key.high
        unsafe message.pointee.key_low = record.key.low
        unsafe message.pointee.request_high = record.request.high
        unsafe message.pointee.request_low = record.request.low
        unsafe message.pointee.saga_high = record.saga.high
        unsafe message.pointee.saga_low = record.saga.low
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func sessionAttached(
        _ record: SessionAttached
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SessionAttached> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__session_attached__init)
        unsafe message.pointee.namespace_ = text(record.participant.namespace)
        unsafe message.pointee.participant = text(record.participant.name)
        unsafe message.pointee.instance = text(record.participant.instance)
        unsafe message.pointee.generation = record.generation
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func sessionEnded(
        _ record: SessionEnded
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SessionEnded> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__session_ended__init)
        unsafe message.pointee.namespace_ = text(record.participant.namespace)
        unsafe message.pointee.participant = text(record.participant.name)
        unsafe message.pointee.instance = text(record.participant.instance)
        unsafe message.pointee.generation = record.generation
        unsafe message.pointee.in_order = record.inOrder ? 1 : 0
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }
}
