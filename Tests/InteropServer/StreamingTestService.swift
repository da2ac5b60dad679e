internal import SagaRPC
internal import SagaTransport

/// The streaming methods of `grpc.testing.TestService`, by async functions.
enum StreamingTestService {
    private static let service = "/grpc.testing.TestService/"

    static let methods: [AsyncMethod] = [
        .clientStreaming(service + "StreamingInputCall") { requests, call in
            await echo(call)
            var sum = 0
            for try await message in requests {
                let request = try InputRequest(message)
                if request.expectsCompressed, await !call.isMessageCompressed() {
                    throw Zeros.notCompressed
                }
                sum += request.payloadBytes
            }
            return InputRequest.response(aggregated: sum)
        },
        .serverStreaming(service + "StreamingOutputCall") { message, responses, call in
            await echo(call)
            try await answer(try OutputRequest(message), responses, call)
        },
        .bidirectional(service + "FullDuplexCall") { requests, responses, call in
            await echo(call)
            for try await message in requests {
                try await answer(try OutputRequest(message), responses, call)
            }
        },
        .bidirectional(service + "HalfDuplexCall") { requests, responses, call in
            await echo(call)
            var all: [OutputRequest] = []
            for try await message in requests { all.append(try OutputRequest(message)) }
            for request in all { try await answer(request, responses, call) }
        },
    ]

    private static func echo(_ call: ServerCall) async {
        let echoed = EchoedMetadata(call.metadata)
        if !echoed.head.isEmpty { await call.sendHead(echoed.head) }
        if !echoed.trailers.isEmpty { await call.setTrailers(echoed.trailers) }
    }

    private static func answer(
        _ request: OutputRequest, _ responses: ResponseWriter, _ call: ServerCall
    ) async throws {
        if let status = request.status { throw status }
        let compresses = request.responses.contains { $0.isCompressed }
        if compresses { await call.setCompression(.gzip) }
        for response in request.responses {
            if response.interval > .zero { try await Task.sleep(for: response.interval) }
            if compresses {
                await call.setCompression(response.isCompressed ? .gzip : .identity)
            }
            try await responses.send(OutputRequest.response(payloadBytes: response.size))
        }
    }
}
