internal import CInteropProtos
internal import CProtobufC
internal import SagaRPC

/// The embedded descriptors of `grpc.testing`.
enum InteropDescriptors {
    static func copy() -> [UInt8] {
        // SAFETY: the generated array has as many bytes as the constant beside it says.
        unsafe [UInt8](
            UnsafeBufferPointer(start: interop_descriptors, count: Int(interop_descriptors_count)))
    }
}

/// The status that a client asks for.
func echoedStatus(_ wanted: UnsafeMutablePointer<Grpc__Testing__EchoStatus>?) -> RPCStatus? {
    // SAFETY: a member of a message that lives while it is read; its text ends with a NUL.
    guard let wanted = unsafe wanted, unsafe wanted.pointee.code != 0 else { return nil }
    let code = unsafe UInt8(exactly: wanted.pointee.code).flatMap(RPCCode.init) ?? .unknown
    return unsafe RPCStatus(code, String(cString: wanted.pointee.message))
}

/// A flag that may be left out.
func flag(_ value: UnsafeMutablePointer<Grpc__Testing__BoolValue>?) -> Bool {
    // SAFETY: a member of a message that lives while it is read.
    guard let value = unsafe value else { return false }
    return unsafe value.pointee.value != 0
}

/// Zeros that payloads are made of; the largest payload that a client may ask for.
final class Zeros {
    static let mostBytes = 16 << 20
    static let notCompressed = RPCStatus(.invalidArgument, "the message is not compressed")
    static let malformed = RPCStatus(.invalidArgument, "the message cannot be read")

    static func check(_ size: Int32) throws(RPCStatus) -> Int {
        guard (0...mostBytes).contains(Int(size)) else {
            throw RPCStatus(.invalidArgument, "payload of \(size) bytes, at most \(mostBytes)")
        }
        return Int(size)
    }
}

/// `StreamingInputCallRequest`, read.
struct InputRequest {
    let payloadBytes: Int
    let expectsCompressed: Bool

    init(_ bytes: [UInt8]) throws(RPCStatus) {
        // SAFETY: the array lives for the time of the call; the message is freed behind its use.
        let message = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe grpc__testing__streaming_input_call_request__unpack(
                nil, bytes.count, bytes.baseAddress)
        }
        guard let message = unsafe message else { throw Zeros.malformed }
        defer { unsafe grpc__testing__streaming_input_call_request__free_unpacked(message, nil) }
        payloadBytes = unsafe message.pointee.payload?.pointee.body.len ?? 0
        expectsCompressed = unsafe flag(message.pointee.expect_compressed)
    }

    /// The answer to all of them.
    static func response(aggregated: Int) -> [UInt8] {
        // SAFETY: the message is a local variable without anything that it points to.
        var message = unsafe Grpc__Testing__StreamingInputCallResponse()
        unsafe grpc__testing__streaming_input_call_response__init(&message)
        unsafe message.aggregated_payload_size = Int32(truncatingIfNeeded: aggregated)
        let size = unsafe grpc__testing__streaming_input_call_response__get_packed_size(&message)
        return unsafe [UInt8](unsafeUninitializedCapacity: max(size, 1)) { bytes, count in
            count = unsafe grpc__testing__streaming_input_call_response__pack(
                &message, bytes.baseAddress)
        }
    }
}

/// `StreamingOutputCallRequest`, read.
struct OutputRequest {
    struct Response {
        let size: Int
        let interval: Duration
        let isCompressed: Bool
    }

    let responses: [Response]
    let status: RPCStatus?

    init(_ bytes: [UInt8]) throws(RPCStatus) {
        // SAFETY: the array lives for the time of the call; the message is freed behind its use.
        let message = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe grpc__testing__streaming_output_call_request__unpack(
                nil, bytes.count, bytes.baseAddress)
        }
        guard let message = unsafe message else { throw Zeros.malformed }
        defer { unsafe grpc__testing__streaming_output_call_request__free_unpacked(message, nil) }
        status = unsafe echoedStatus(message.pointee.response_status)
        var responses: [Response] = []
        for place in unsafe 0..<message.pointee.n_response_parameters {
            // SAFETY: protobuf-c sets as many places as it counts.
            guard let wanted = unsafe message.pointee.response_parameters[place] else { continue }
            responses.append(
                Response(
                    size: try Zeros.check(unsafe wanted.pointee.size),
                    interval: .microseconds(unsafe wanted.pointee.interval_us),
                    isCompressed: unsafe flag(wanted.pointee.compressed)))
        }
        self.responses = responses
    }

    /// A `StreamingOutputCallResponse` with a payload of zeros.
    static func response(payloadBytes: Int) -> [UInt8] {
        // SAFETY: the messages are local variables, and the payload's bytes live while it is
        // packed; the array has room for what is packed.
        var zeros = [UInt8](repeating: 0, count: max(payloadBytes, 1))
        return unsafe zeros.withUnsafeMutableBufferPointer { zeros in
            var payload = unsafe Grpc__Testing__Payload()
            unsafe grpc__testing__payload__init(&payload)
            unsafe payload.body = ProtobufCBinaryData(len: payloadBytes, data: zeros.baseAddress)
            return unsafe withUnsafeMutablePointer(to: &payload) { payload in
                var message = unsafe Grpc__Testing__StreamingOutputCallResponse()
                unsafe grpc__testing__streaming_output_call_response__init(&message)
                unsafe message.payload = payload
                let size = unsafe grpc__testing__streaming_output_call_response__get_packed_size(
                    &message)
                return unsafe [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
                    count = unsafe grpc__testing__streaming_output_call_response__pack(
                        &message, bytes.baseAddress)
                }
            }
        }
    }
}
