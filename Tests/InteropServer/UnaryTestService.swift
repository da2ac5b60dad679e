internal import CInteropProtos
internal import CProtobufC
internal import SagaHTTP2
internal import SagaRPC
internal import SagaTransport

/// The unary methods of `grpc.testing.TestService`, straight on the event loop.
final class UnaryTestService: ServiceHandler {
    static let served = ["EmptyCall", "UnaryCall", "CacheableUnaryCall"].map {
        (path: "/grpc.testing.TestService/" + $0, kind: MethodKind.unary)
    }

    private enum Method: Int { case empty, unary, cacheable }

    private struct Call {
        var method = Method.empty
        /// Nil if there is no metadata to be echoed.
        var echoed: EchoedMetadata?
    }

    private let writer: CallWriter
    /// By the calls' places.
    private let calls = Held<[Call]>([])
    private var packed: [UInt8] = []
    private var zeros: [UInt8] = []

    init(_ writer: CallWriter) { self.writer = writer }

    func opened(_ call: ServerCallID, _ request: CallRequest) -> Admission {
        guard let method = Method(rawValue: request.method.rawValue) else {
            preconditionFailure("method \(request.method) of \(Self.served)")
        }
        while calls.value.count <= call.place { calls.value.append(Call()) }
        calls.value[call.place] = Call(
            method: method,
            echoed: request.metadata.isEmpty ? nil : EchoedMetadata(request.metadata))
        return .accept
    }

    func message(_ call: ServerCallID, _ bytes: Span<UInt8>) {
        switch calls.value[call.place].method {
        case .empty:
            let nothing: [UInt8] = []
            reply(call, nothing.span)
        case .unary, .cacheable:
            do throws(RPCStatus) {
                try answer(call, bytes)
            } catch {
                writer.finish(call, error, calls.value[call.place].echoed?.trailers ?? Metadata())
            }
        }
    }

    func halfClosed(_ call: ServerCallID) {}
    func ended(_ call: ServerCallID, _ cause: CallEnd) {}
    func writable(_ call: ServerCallID) {}
    func turnEnded() {}

    private func answer(_ call: ServerCallID, _ bytes: Span<UInt8>) throws(RPCStatus) {
        // SAFETY: the bytes live for the time of the call; the message is freed behind its use.
        let request = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe grpc__testing__simple_request__unpack(nil, bytes.count, bytes.baseAddress)
        }
        guard let request = unsafe request else { throw Zeros.malformed }
        defer { unsafe grpc__testing__simple_request__free_unpacked(request, nil) }
        if unsafe flag(request.pointee.expect_compressed), !writer.isMessageCompressed {
            throw Zeros.notCompressed
        }
        if let status = unsafe echoedStatus(request.pointee.response_status) { throw status }
        let size = try Zeros.check(unsafe request.pointee.response_size)
        if unsafe flag(request.pointee.response_compressed) {
            writer.setCompression(call, .gzip)
        }
        pack(payloadBytes: size)
        let message = packed
        reply(call, message.span)
    }

    private func reply(_ call: ServerCallID, _ message: Span<UInt8>) {
        let asked = calls.value[call.place]
        if asked.echoed == nil, asked.method != .cacheable {
            writer.reply(call, message)
            return
        }
        var head = asked.echoed?.head ?? Metadata()
        if asked.method == .cacheable {
            // The name and the text are valid.
            try? head.add("cache-control", "max-age=60, public")
        }
        let trailers = asked.echoed?.trailers ?? Metadata()
        if !head.isEmpty { writer.sendHead(call, head) }
        writer.send(call, message)
        writer.finish(call, .ok, trailers)
    }

    /// Packs a `SimpleResponse` with a payload of zeros.
    private func pack(payloadBytes: Int) {
        if zeros.count < payloadBytes { zeros = [UInt8](repeating: 0, count: payloadBytes) }
        packed.removeAll(keepingCapacity: true)
        // SAFETY: the messages are local variables, and the payload's bytes live while it is
        // packed; the array has room for what is packed.
        unsafe zeros.withUnsafeMutableBufferPointer { zeros in
            var payload = unsafe Grpc__Testing__Payload()
            unsafe grpc__testing__payload__init(&payload)
            unsafe payload.body = ProtobufCBinaryData(len: payloadBytes, data: zeros.baseAddress)
            unsafe withUnsafeMutablePointer(to: &payload) { payload in
                var message = unsafe Grpc__Testing__SimpleResponse()
                unsafe grpc__testing__simple_response__init(&message)
                unsafe message.payload = payload
                let size = unsafe grpc__testing__simple_response__get_packed_size(&message)
                packed.append(addingCapacity: size) { output in
                    unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                        guard let start = buffer.baseAddress else { return }
                        count += unsafe grpc__testing__simple_response__pack(
                            &message, start + count)
                    }
                }
            }
        }
    }
}
