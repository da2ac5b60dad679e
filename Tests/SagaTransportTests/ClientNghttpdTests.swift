import SagaRPC
import Testing

@testable import SagaTransport

/// The client against nghttp2's own server.
@Suite(.timeLimit(.minutes(2)))
struct ClientNghttpdTests {
    @Test func answersAndStatusesOfAServerOfFiles() async throws {
        let message = [UInt8](repeating: 0x61, count: 70_000)
        let peer = try NghttpdPeer.start(
            files: [
                "test.Files/Get.grpc": [0, 0, 1, 0x11, 0x70] + message,
                "test.Files/Cut.grpc": [0, 0, 1, 0x11, 0x70] + message.dropLast(),
                "test.Files/Text.txt": [0x61],
            ], maxConcurrentStreams: 3)
        let channel = ClientChannel(try ClientTarget(peer.address), clientSettings)
        // The server lets three run at a time; the others wait for their turn.
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await channel.unary("/test.Files/Get.grpc", [1], deadline: .seconds(60))
                }
            }
            for try await answer in group { #expect(answer == message) }
        }
        let table: [(path: String, code: RPCCode, message: String)] = [
            ("/test.Files/Cut.grpc", .internal, "response ended in the middle of a message"),
            (
                "/test.Files/None", .unimplemented,
                "response is not gRPC: HTTP status 404, content-type text/html; charset=UTF-8"
            ),
            (
                "/test.Files/Text.txt", .unknown,
                "response is not gRPC: HTTP status 200, content-type none"
            ),
        ]
        for (path, code, message) in table {
            let failure = try await rpcFailure {
                try await channel.unary(path, [1], deadline: .seconds(60))
            }
            #expect(failure.code == code)
            #expect(failure.message == message, "\(path)")
        }
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
    }
}
