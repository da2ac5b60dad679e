internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// A record of the journal as text, for people and their tools.
package struct RecordText: Equatable, Sendable {
    /// The name of its message, such as `SagaStarted`.
    package var name: String
    /// The message in protobuf's JSON form, on one line.
    package var json: String

    /// The name of the message of a type; nil for one that this release does not know.
    package static func name(ofType type: UInt16) -> String? {
        RecordCodec.Kind(rawValue: type).map { kind in
            let name = "\(kind)"
            return name.prefix(1).uppercased() + name.dropFirst()
        }
    }

    /// Reads a payload.
    ///
    /// - Parameters:
    ///   - type: the number in the record's frame.
    ///   - payload: the bytes of the frame after its header.
    ///   - arena: where the message is unpacked.
    package init(
        type: UInt16, _ payload: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) {
        guard let kind = RecordCodec.Kind(rawValue: type) else {
            throw CodecFailure("", .unknownType(type))
        }
        self = try Self.read(kind, payload, &arena)
    }

    private static func read(
        _ kind: RecordCodec.Kind, _ payload: Span<UInt8>, _ arena: inout DecodingArena
    ) throws(CodecFailure) -> RecordText {
        // SAFETY: each message is read before anything of the arena is taken back.
        switch kind {
        case .lifeBegan: try unsafe arena.text(payload, saga__journal__v1__life_began__unpack)
        case .definitionRegistered:
            try unsafe arena.text(payload, saga__journal__v1__definition_registered__unpack)
        case .keyTaken: try unsafe arena.text(payload, saga__journal__v1__key_taken__unpack)
        case .sagaStarted: try unsafe arena.text(payload, saga__journal__v1__saga_started__unpack)
        case .attemptEnded:
            try unsafe arena.text(payload, saga__journal__v1__attempt_ended__unpack)
        case .waitEnded: try unsafe arena.text(payload, saga__journal__v1__wait_ended__unpack)
        case .cancelAsked: try unsafe arena.text(payload, saga__journal__v1__cancel_asked__unpack)
        case .wentBack: try unsafe arena.text(payload, saga__journal__v1__went_back__unpack)
        case .sagaParked: try unsafe arena.text(payload, saga__journal__v1__saga_parked__unpack)
        case .sagaEnded: try unsafe arena.text(payload, saga__journal__v1__saga_ended__unpack)
        case .sessionAttached:
            try unsafe arena.text(payload, saga__journal__v1__session_attached__unpack)
        case .sessionEnded:
            try unsafe arena.text(payload, saga__journal__v1__session_ended__unpack)
        case .stepsMoved: try unsafe arena.text(payload, saga__journal__v1__steps_moved__unpack)
        case .taskDeferred:
            try unsafe arena.text(payload, saga__journal__v1__task_deferred__unpack)
        case .sagaSuspended:
            try unsafe arena.text(payload, saga__journal__v1__saga_suspended__unpack)
        case .sagaResumed: try unsafe arena.text(payload, saga__journal__v1__saga_resumed__unpack)
        case .verbGiven: try unsafe arena.text(payload, saga__journal__v1__verb_given__unpack)
        case .sagaUnparked:
            try unsafe arena.text(payload, saga__journal__v1__saga_unparked__unpack)
        case .stepSettled: try unsafe arena.text(payload, saga__journal__v1__step_settled__unpack)
        case .sagaBegan: try unsafe arena.text(payload, saga__journal__v1__saga_began__unpack)
        case .sagaTimedOut:
            try unsafe arena.text(payload, saga__journal__v1__saga_timed_out__unpack)
        case .attentionChanged:
            try unsafe arena.text(payload, saga__journal__v1__attention_changed__unpack)
        case .limitsSet: try unsafe arena.text(payload, saga__journal__v1__limits_set__unpack)
        case .engineRestated:
            try unsafe arena.text(payload, saga__journal__v1__engine_restated__unpack)
        case .definitionRestated:
            try unsafe arena.text(payload, saga__journal__v1__definition_restated__unpack)
        case .keysRestated:
            try unsafe arena.text(payload, saga__journal__v1__keys_restated__unpack)
        case .sagaRestated:
            try unsafe arena.text(payload, saga__journal__v1__saga_restated__unpack)
        }
    }

    fileprivate init(name: String, json: String) {
        self.name = name
        self.json = json
    }
}

extension DecodingArena {
    /// Unpacks a message and makes text of it.
    fileprivate mutating func text<Message>(
        _ payload: Span<UInt8>,
        _ unpack: (
            UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
        ) -> UnsafeMutablePointer<Message>?
    ) throws(CodecFailure) -> RecordText {
        // SAFETY: every generated message begins with the fields of `ProtobufCMessage`; it lives
        // for the time of the call.
        try unsafe self.unpack(payload, with: unpack) { message throws(CodecFailure) in
            let raw = UnsafeRawPointer(message)
            let name = unsafe raw.assumingMemoryBound(to: ProtobufCMessage.self)
                .pointee.descriptor.pointee.short_name
            return RecordText(
                name: unsafe name.map { unsafe String(cString: $0) } ?? "",
                json: unsafe MessageText.json(raw))
        }
    }
}
