internal import CProtobufC
internal import CSagaProtos
package import SagaModel

/// Refusals as the `google.rpc.Status` that a client finds in `grpc-status-details-bin`.
///
/// A reason is read of this domain only, since a proxy may add one of its own.
package enum StatusCodec {
    /// The domain of the reasons.
    static let domain = "saga.v1"

    /// The packed status: an `ErrorInfo`, a `BadRequest` if fields are named, and a `RetryInfo` if
    /// there is a time to wait.
    package static func encode(_ refusal: Refusal) -> [UInt8] {
        var arena = EncodingArena(chunk: 4_096)
        var bytes: [UInt8] = []
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { unsafe $0.status(refusal) }
        return bytes
    }

    /// Reads a packed status; what says nothing of a refusal is passed over.
    ///
    /// - Returns: the refusal; its code is `internal` for a number that the model does not have.
    package static func decode(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> Refusal {
        // SAFETY: each message is read before the arena is used for the next one; what is kept of
        // it is copied.
        let (code, message, details) = try unsafe arena.unpack(
            bytes, with: google__rpc__status__unpack
        ) { status throws(CodecFailure) in
            try unsafe (
                status.pointee.code, MessageReader.text(status.pointee.message, "", "message"),
                MessageReader.details(status)
            )
        }
        return try refusal(code, message, details, &arena)
    }

    static func refusal(
        _ code: Int32, _ message: String, _ details: [Detail], _ arena: inout DecodingArena
    ) throws(CodecFailure) -> Refusal {
        var reason = ""
        var saga: SagaID?
        var violations: [Refusal.Violation] = []
        var retryAfter: Duration?
        var oldestCursor: EventCursor?
        for detail in details {
            switch detail.type {
            case Detail.errorInfo:
                // SAFETY: as in `decode`.
                let info = try unsafe arena.unpack(
                    detail.bytes.span, with: google__rpc__error_info__unpack
                ) { info throws(CodecFailure) in
                    try unsafe (
                        domain: MessageReader.text(info.pointee.domain, "", "domain"),
                        reason: MessageReader.text(info.pointee.reason, "", "reason"),
                        pairs: MessageReader.pairs(
                            info.pointee.metadata, info.pointee.n_metadata, "metadata")
                    )
                }
                guard info.domain == domain else { continue }
                reason = info.reason
                saga = info.pairs.first { $0.name == "saga_id" }.flatMap { SagaID($0.value) }
                oldestCursor = info.pairs.first { $0.name == "oldest_cursor" }
                    .flatMap { EventCursor($0.value) }
            case Detail.badRequest:
                // SAFETY: as in `decode`.
                violations = try unsafe arena.unpack(
                    detail.bytes.span, with: google__rpc__bad_request__unpack
                ) { request throws(CodecFailure) in
                    try unsafe MessageReader.violations(request)
                }
            case Detail.retryInfo:
                // SAFETY: as in `decode`.
                retryAfter = try unsafe arena.unpack(
                    detail.bytes.span, with: google__rpc__retry_info__unpack
                ) { info throws(CodecFailure) in
                    try unsafe MessageReader.wait(info.pointee.retry_delay, "", "retry_delay")
                }
            default: continue  // details that others may add
            }
        }
        return Refusal(
            Refusal.Code(number: code), reason: reason, message, saga: saga,
            violations: violations, retryAfter: retryAfter, oldestCursor: oldestCursor)
    }
}

/// One entry of a status's details: a packed message with its type.
struct Detail {
    static let prefix = "type.googleapis.com/"
    static let errorInfo = "google.rpc.ErrorInfo"
    static let badRequest = "google.rpc.BadRequest"
    static let retryInfo = "google.rpc.RetryInfo"

    let type: String
    let bytes: [UInt8]
}

extension MessageReader {
    /// The details of a status, copied.
    static func details(
        _ status: UnsafeMutablePointer<Google__Rpc__Status>
    ) throws(CodecFailure) -> [Detail] {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe list(status.pointee.details, status.pointee.n_details, "details") {
            any throws(CodecFailure) in
            let type = try unsafe text(any.pointee.type_url, "", "type_url")
            return unsafe Detail(
                type: String(type.split(separator: "/").last ?? ""),
                bytes: bytes(any.pointee.value))
        }
    }

    /// The fields that a request was refused for.
    static func violations(
        _ request: UnsafeMutablePointer<Google__Rpc__BadRequest>
    ) throws(CodecFailure) -> [Refusal.Violation] {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe list(
            request.pointee.field_violations, request.pointee.n_field_violations,
            "field_violations"
        ) { violation throws(CodecFailure) in
            try unsafe Refusal.Violation(
                field: text(violation.pointee.field, "", "field"),
                description: text(violation.pointee.description, "", "description"))
        }
    }
}

extension EncodingArena {
    /// A refusal as a status.
    mutating func status(_ refusal: Refusal) -> UnsafeMutablePointer<Google__Rpc__Status> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(google__rpc__status__init)
        unsafe message.pointee.code = refusal.code.number
        unsafe message.pointee.message = text(refusal.message)
        let info = unsafe make(google__rpc__error_info__init)
        unsafe info.pointee.reason = text(refusal.reason)
        unsafe info.pointee.domain = text(StatusCodec.domain)
        var metadata: [Label] = []
        if let saga = refusal.saga {
            metadata.append(Label(name: "saga_id", value: saga.description))
        }
        if let oldest = refusal.oldestCursor {
            metadata.append(Label(name: "oldest_cursor", value: oldest.description))
        }
        unsafe info.pointee.n_metadata = metadata.count
        unsafe info.pointee.metadata = pairs(
            metadata, google__rpc__error_info__metadata_entry__init)
        var details = unsafe [any(Detail.errorInfo, packed(info))]
        if !refusal.violations.isEmpty {
            let request = unsafe make(google__rpc__bad_request__init)
            unsafe request.pointee.n_field_violations = refusal.violations.count
            unsafe request.pointee.field_violations = list(refusal.violations) { arena, fault in
                let violation = unsafe arena.make(google__rpc__bad_request__field_violation__init)
                unsafe violation.pointee.field = arena.text(fault.field)
                unsafe violation.pointee.description = arena.text(fault.description)
                return unsafe violation
            }
            unsafe details.append(any(Detail.badRequest, packed(request)))
        }
        if let retryAfter = refusal.retryAfter {
            let info = unsafe make(google__rpc__retry_info__init)
            unsafe info.pointee.retry_delay = duration(retryAfter)
            unsafe details.append(any(Detail.retryInfo, packed(info)))
        }
        unsafe message.pointee.n_details = details.count
        unsafe message.pointee.details = list(details) { _, detail in unsafe detail }
        return unsafe message
    }

    private mutating func any(
        _ type: String, _ value: ProtobufCBinaryData
    ) -> UnsafeMutablePointer<Google__Protobuf__Any> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(google__protobuf__any__init)
        unsafe message.pointee.type_url = text(Detail.prefix + type)
        unsafe message.pointee.value = value
        return unsafe message
    }

    /// A message packed into this arena.
    private mutating func packed<Message>(
        _ message: UnsafeMutablePointer<Message>
    ) -> ProtobufCBinaryData {
        // SAFETY: the generated messages begin with their base; the piece has room for what is
        // packed.
        let base = unsafe UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        let size = unsafe protobuf_c_message_get_packed_size(base)
        let copy = unsafe piece(size).assumingMemoryBound(to: UInt8.self)
        unsafe protobuf_c_message_pack(base, copy)
        return unsafe ProtobufCBinaryData(len: size, data: copy)
    }
}

extension Refusal.Code {
    private static let numbers: [(Refusal.Code, Int32)] = [
        (.invalidArgument, 3), (.notFound, 5), (.alreadyExists, 6), (.resourceExhausted, 8),
        (.failedPrecondition, 9), (.aborted, 10), (.outOfRange, 11), (.unimplemented, 12),
        (.internal, 13), (.unavailable, 14),
    ]

    /// The number of the same code in gRPC.
    var number: Int32 { Self.numbers.first { $0.0 == self }?.1 ?? 13 }

    /// The code with that number in gRPC; `internal` for those that the model does not have.
    init(number: Int32) { self = Self.numbers.first { $0.1 == number }?.0 ?? .internal }
}
