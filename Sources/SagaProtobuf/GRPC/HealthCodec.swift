internal import CProtobufC
internal import CSagaProtos

/// How a service is, as `grpc.health.v1` has it; raw values are those of the proto.
package enum ServingStatus: UInt32, Equatable, Sendable {
    case unknown = 0
    case serving = 1
    case notServing = 2
    /// Used by Watch alone, of a service that the server does not know.
    case serviceUnknown = 3
}

/// The messages of `grpc.health.v1.Health`.
package enum HealthCodec {
    /// The service that a request asks for; empty for the server as a whole.
    package static func decodeRequest(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> String {
        // SAFETY: the message is read before the arena is used for the next one.
        try unsafe arena.unpack(bytes, with: grpc__health__v1__health_check_request__unpack) {
            request throws(CodecFailure) in
            try unsafe MessageReader.text(request.pointee.service, "", "service")
        }
    }

    /// The packed answer.
    package static func encodeResponse(_ status: ServingStatus) -> [UInt8] {
        var arena = EncodingArena(chunk: 128)
        var bytes: [UInt8] = []
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let response = unsafe arena.make(grpc__health__v1__health_check_response__init)
            unsafe response.pointee.status.rawValue = status.rawValue
            return unsafe response
        }
        return bytes
    }
}
