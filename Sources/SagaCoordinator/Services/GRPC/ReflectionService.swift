internal import SagaProtobuf
internal import SagaRPC
package import SagaTransport
internal import Synchronization

/// `grpc.reflection.v1` and `v1alpha`: what grpcurl and buf curl ask a server for its protos.
package final class ReflectionService: Sendable {
    /// The services of both versions.
    package static let services = [
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]

    /// The most that one request may take decoded; it holds names only.
    private static let decodedBytes = 64 << 10

    private let make: @Sendable () -> ReflectionIndex
    /// Made when the first peer asks, since most servers are never asked.
    private let index = Mutex<ReflectionIndex?>(nil)

    /// Makes the service of an index, which is built when it is first asked for.
    package init(_ index: @escaping @Sendable () -> ReflectionIndex) { make = index }

    /// The methods of both versions.
    package var methods: [AsyncMethod] {
        Self.services.map { service in
            .bidirectional("/\(service)/ServerReflectionInfo") { requests, responses, _ in
                try await self.serve(requests, responses)
            }
        }
    }

    private func serve(_ requests: RequestMessages, _ responses: ResponseWriter) async throws {
        let index = index.withLock { index in
            let made = index ?? make()
            index = made
            return made
        }
        var sent: Set<String> = []
        for try await bytes in requests {
            try await responses.send(try Self.answer(bytes, index, &sent))
        }
    }

    private static func answer(
        _ bytes: [UInt8], _ index: ReflectionIndex, _ sent: inout Set<String>
    ) throws(RPCStatus) -> [UInt8] {
        var decoding = DecodingArena(limit: decodedBytes, chunk: 4 << 10)
        var encoding = EncodingArena(chunk: 4 << 10)
        do throws(CodecFailure) {
            let request = try ReflectionCodec.decodeRequest(bytes.span, arena: &decoding)
            return ReflectionCodec.encodeResponse(
                index.answer(request.question, sent: &sent), to: request, arena: &encoding)
        } catch {
            throw error.refusal.status
        }
    }
}
