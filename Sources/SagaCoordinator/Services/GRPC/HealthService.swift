internal import SagaProtobuf
internal import SagaRPC
package import SagaTransport

/// `grpc.health.v1`: what load balancers and probes ask.
package struct HealthService: Sendable {
    /// Its name.
    package static let service = "grpc.health.v1.Health"

    /// The most that one request may take decoded; it holds one name.
    private static let decodedBytes = 16 << 10

    /// What it tells.
    package let statuses: HealthStatuses

    /// Makes the service.
    package init(_ statuses: HealthStatuses) { self.statuses = statuses }

    /// Check and Watch.
    package var methods: [AsyncMethod] {
        [
            .unary("/\(Self.service)/Check") { message, _ in
                let service = try Self.service(message)
                guard let status = statuses.status(service) else {
                    throw RPCStatus(.notFound, "service \(service) is not known")
                }
                return HealthCodec.encodeResponse(status)
            },
            .serverStreaming("/\(Self.service)/Watch") { message, responses, _ in
                for await status in statuses.watch(try Self.service(message)) {
                    try await responses.send(HealthCodec.encodeResponse(status))
                }
                try Task.checkCancellation()
                throw RPCStatus(.unavailable, "the server is stopping; watch again")
            },
        ]
    }

    private static func service(_ message: [UInt8]) throws(RPCStatus) -> String {
        var arena = DecodingArena(limit: decodedBytes, chunk: 1 << 10)
        do throws(CodecFailure) {
            return try HealthCodec.decodeRequest(message.span, arena: &arena)
        } catch {
            throw error.refusal.status
        }
    }
}
