internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Records, but for those of a saga's course.
extension MessageReader {
    /// A record of that kind.
    static func lifeBegan(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__LifeBegan>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message lives in the arena.
        let hasGap =
            unsafe message.pointee.optional_gap_after_case
            == SAGA__JOURNAL__V1__LIFE_BEGAN__OPTIONAL_GAP_AFTER_GAP_AFTER
        return unsafe .lifeBegan(
            LifeBegan(
                epoch: Epoch(message.pointee.epoch), life: message.pointee.life,
                at: Instant(microseconds: message.pointee.at),
                gapAfter: hasGap ? JournalPosition(message.pointee.gap_after) : nil))
    }

    /// A record of that kind.
    static func definitionRegistered(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__DefinitionRegistered>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena.
        let record = try unsafe DefinitionRegistered(
            namespace: text(message.pointee.namespace_, "", "namespace"),
            written: definition(message.pointee.written, named: "written"),
            filled: definition(message.pointee.filled, named: "filled"),
            digest: digest(message.pointee.digest, "digest"),
            principal: Principal(
                name: text(message.pointee.principal, "", "principal"),
                isVerified: message.pointee.principal_verified != 0),
            at: Instant(microseconds: message.pointee.at))
        return .definitionRegistered(record)
    }

    /// A definition that must be there; faults are named with the field that holds it.
    static func definition(
        _ message: UnsafeMutablePointer<Saga__V1__Definition>?, named name: StaticString
    ) throws(CodecFailure) -> SagaDefinition {
        do throws(CodecFailure) {
            // SAFETY: the message and all it points to live in the arena.
            return try unsafe definition(required(message, "", ""))
        } catch {
            throw error.inside("\(name)")
        }
    }

    /// The 32 bytes of a digest.
    static func digest(
        _ data: ProtobufCBinaryData, _ name: StaticString
    ) throws(CodecFailure) -> Digest256 {
        // SAFETY: the bytes live in the arena, and their number is checked before they are read.
        let bytes = unsafe UnsafeRawBufferPointer(start: data.data, count: data.len)
        guard bytes.count == 32 else {
            throw CodecFailure("\(name)", .wrong("must have 32 bytes"))
        }
        return unsafe Digest256(
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)))
    }

    /// A record of that kind.
    static func keyTaken(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__KeyTaken>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message lives in the arena.
        unsafe .keyTaken(
            KeyTaken(
                key: KeyHash(high: message.pointee.key_high, low: message.pointee.key_low),
                request: RequestHash(
                    high: message.pointee.request_high, low: message.pointee.request_low),
                saga: SagaID(high: message.pointee.saga_high, low: message.pointee.saga_low)))
    }

    /// A record of that kind.
    static func sessionAttached(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SessionAttached>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe .sessionAttached(
            SessionAttached(
                participant: ParticipantName(
                    namespace: text(message.pointee.namespace_, "", "namespace"),
                    name: text(message.pointee.participant, "", "participant"),
                    instance: text(message.pointee.instance, "", "instance")),
                generation: message.pointee.generation,
                at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func sessionEnded(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SessionEnded>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe .sessionEnded(
            SessionEnded(
                participant: ParticipantName(
                    namespace: text(message.pointee.namespace_, "", "namespace"),
                    name: text(message.pointee.participant, "", "participant"),
                    instance: text(message.pointee.instance, "", "instance")),
                generation: message.pointee.generation, inOrder: message.pointee.in_order != 0,
                at: Instant(microseconds: message.pointee.at)))
    }
}
