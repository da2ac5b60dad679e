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
            ], flags: ["--max-concurrent-streams", "3"])
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

    /// Windows that a request has to wait for, padding, no dynamic tables, and TLS.
    @Test(arguments: [
        ["--window-bits", "1"], ["--window-bits", "10", "--connection-window-bits", "16"],
        ["--padding", "255"], ["--header-table-size", "0", "--encoder-header-table-size", "0"],
        ["--no-content-length"], ["TLS"],
    ])
    func callsWhateverTheServerDoes(_ flags: [String]) async throws {
        let certificates = try TestCertificates()
        let isSecure = flags == ["TLS"]
        let answer = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let peer = try NghttpdPeer.start(
            files: ["test.Files/Get.grpc": [0, 0, 1, 0x11, 0x70] + answer],
            flags: isSecure ? [] : flags, certificates: isSecure ? certificates : nil)
        let tls = ClientTLS(
            rootsFile: certificates("root.pem"), serverName: "localhost", .test)
        let channel = ClientChannel(
            try ClientTarget(peer.address), clientSettings, wire: isSecure ? .secure(tls) : .plain)
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for place in 0..<20 {
                // A window of one byte is for short requests.
                let request = [UInt8](repeating: 7, count: flags.last == "1" ? 50 : place * 5_000)
                group.addTask {
                    try await channel.unary(
                        "/test.Files/Get.grpc", request, deadline: .seconds(60))
                }
            }
            for try await found in group { #expect(found == answer) }
        }
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
    }

    @Test func aServerThatIsKilledEndsItsCalls() async throws {
        // More messages than the windows have room for: it is killed in the middle of its answer.
        let message = [0, 0, 0, 0x27, 0x10] + [UInt8](repeating: 1, count: 10_000)
        let peer = try NghttpdPeer.start(files: [
            "test.Files/Many.grpc": (0..<2_000).flatMap { _ in message }
        ])
        let channel = ClientChannel(try ClientTarget(peer.address), clientSettings)
        var messages = 0
        let failure = try await rpcFailure {
            try await channel.serverStreaming("/test.Files/Many.grpc", []) { responses in
                for try await message in responses {
                    #expect(message.count == 10_000)
                    if messages == 0 { try await peer.kill() }
                    messages += 1
                }
            }
        }
        #expect((1..<2_000).contains(messages))
        #expect(failure.code == .unavailable)
        #expect(failure.reach == .answered)
        // The kernel resets a connection whose bytes were not all read.
        let reasons = ["connection was closed by the server", "connection reset by peer"]
        #expect(reasons.map { "\(peer.address): \($0)" }.contains(failure.message))
        await channel.shutdown(within: .seconds(5))
    }
}
