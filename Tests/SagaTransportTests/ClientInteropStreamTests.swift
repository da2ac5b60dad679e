import SagaRPC
import SagaSystem
import Testing

@testable import SagaTransport

/// The client's streams, its TLS, and its way from a server that leaves to the next one, against
/// servers on stock grpcio.
@Suite(.timeLimit(.minutes(2)))
struct ClientInteropStreamTests {
    private func channel(
        _ peer: GrpcioPeer, _ settings: ClientSettings = clientSettings
    ) throws -> ClientChannel {
        ClientChannel(try ClientTarget(peer.address), settings)
    }

    private func unary(
        _ channel: ClientChannel, _ method: String, _ request: [UInt8] = []
    ) async throws(RPCFailure) -> [UInt8] {
        try await channel.unary("/interop.Peer/\(method)", request, deadline: .seconds(60))
    }

    /// Makes a call that must give this answer.
    private func expect(
        _ channel: ClientChannel, _ method: String, _ request: [UInt8] = [], gives answer: [UInt8]
    ) async throws {
        let found = try await unary(channel, method, request)
        #expect(found == answer, "\(method)")
    }

    private func drip(
        _ channel: ClientChannel, _ request: String, _ options: CallOptions = CallOptions(),
        _ read: ([UInt8]) async throws -> Void
    ) async throws {
        try await channel.serverStreaming("/interop.Peer/Drip", Array(request.utf8), options) {
            for try await message in $0 { try await read(message) }
        }
    }

    @Test func allKindsOfStreams() async throws {
        let peer = try await GrpcioPeer.start()
        let channel = try channel(peer)
        for sizes in [[], [0], [1 << 20], [Int](repeating: 1_000, count: 2_000)] {
            let response = try await channel.clientStreaming("/interop.Peer/Collect") { requests in
                for size in sizes { try await requests.write([UInt8](repeating: 1, count: size)) }
            }
            let total = sizes.reduce(0, +)
            #expect(String(decoding: response.message, as: UTF8.self) == "\(sizes.count) \(total)")
        }
        for (count, size) in [(0, 0), (1, 0), (2_000, 1_000), (3, 1 << 20)] {
            var sizes: [Int] = []
            try await drip(channel, "\(count)|\(size)|0") { sizes.append($0.count) }
            #expect(sizes == [Int](repeating: size, count: count))
        }
        try await channel.bidirectional("/interop.Peer/Bidi") { requests, responses in
            var answers = responses.makeAsyncIterator()
            for size in [31_415, 0, 9, 265_000] {
                let message = [UInt8](repeating: UInt8(size & 0xff), count: size)
                try await requests.write(message)
                #expect(try await answers.next() == message)
            }
            requests.finish()
            #expect(try await answers.next() == nil)
        }
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
    }

    @Test func errorsComeBehindTheMessages() async throws {
        let peer = try await GrpcioPeer.start()
        let channel = try channel(peer)
        var messages = 0
        let failure = try await rpcFailure {
            try await drip(channel, "5|100|9") { _ in messages += 1 }
        }
        #expect(messages == 5)
        #expect(failure.code == .failedPrecondition && failure.message == "behind 5 messages")
        #expect(failure.details == [8, 5, 0, 255])
        #expect(failure.metadata.bytes("x-trailer-bin") == [0, 1])
        // Each side has a limit of its own: 16 MiB there, 4 MiB here.
        let tooLarge = try await rpcFailure {
            try await unary(channel, "Echo", [UInt8](repeating: 0, count: (16 << 20) + 1))
        }
        #expect(tooLarge.code == .resourceExhausted, "\(tooLarge)")
        let tooMuch = try await rpcFailure {
            try await drip(channel, "1|\((4 << 20) + 1)|0") { _ in }
        }
        #expect(tooMuch.code == .resourceExhausted, "\(tooMuch)")
        try await expect(channel, "Echo", [1], gives: [1])
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
    }

    @Test func whoeverLeavesAStreamCancelsItThere() async throws {
        let peer = try await GrpcioPeer.start()
        let channel = try channel(peer)
        struct Enough: Error {}
        await #expect(throws: Enough.self) {
            try await drip(channel, "1|1|never") { _ in throw Enough() }
        }
        try await expect(channel, "Cancelled", gives: Array("cancelled".utf8))
        let late = try await rpcFailure {
            try await drip(channel, "1|1|never", CallOptions(timeout: .milliseconds(500))) { _ in }
        }
        #expect(late.code == .deadlineExceeded)
        try await expect(channel, "Cancelled", gives: Array("cancelled".utf8))
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
    }

    /// The calls that a leaving server has and a stream that stays open end well, while what comes
    /// next goes to the server that shares its port.
    ///
    /// What reaches a server of grpcio after its `stop` and before its GOAWAY has reached us ends
    /// with CANCELLED, whatever the client is; so new calls are made behind the GOAWAY.
    @Test func aServerThatLeavesFailsNoCall() async throws {
        let first = try await GrpcioPeer.start()
        var settings = clientSettings
        settings.retry = .unseen
        let channel = try channel(first, settings)
        try await expect(channel, "Who", gives: Array("\(first.identifier)".utf8))
        let next = try await GrpcioPeer.start(at: first.address)
        try await channel.bidirectional("/interop.Peer/Bidi") { requests, responses in
            var answers = responses.makeAsyncIterator()
            try await requests.write([1])
            #expect(try await answers.next() == [1])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await expect(channel, "Late", gives: Array("late".utf8))
                    }
                }
                for _ in 0..<10 { _ = try await unary(channel, "Hanging") }
                try await expect(channel, "Leave", gives: Array("leaving".utf8))
                try await group.waitForAll()
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let bytes = [UInt8](repeating: UInt8(number), count: 1_000)
                        try await expect(channel, "Echo", bytes, gives: bytes)
                    }
                }
                try await group.waitForAll()
            }
            try await expect(channel, "Who", gives: Array("\(next.identifier)".utf8))
            #expect(first.status == nil, "it waits for the stream")
            try await requests.write([2])
            #expect(try await answers.next() == [2])
            requests.finish()
            #expect(try await answers.next() == nil)
        }
        #expect(try await first.ended() == .exited(0))
        await channel.shutdown(within: .seconds(5))
        try await next.kill()
    }

    @Test func certificatesAreWantedOnBothSides() async throws {
        let files = try TestCertificates()
        let peer = try await GrpcioPeer.start(certificates: files)
        let names = "localhost, sagad.test, 127.0.0.1, ::1"
        typealias Row = (roots: String, identity: String?, name: String?, [HandshakeFailure])
        let table: [Row] = [
            ("root.pem", "client", nil, []), ("root.pem", "client", "localhost", []),
            (
                "stranger.pem", "client", nil,
                [.untrusted(names: names, issuer: "O=Saga,CN=Test Root")]
            ),
            (
                "root.pem", "client", "elsewhere.test",
                [.wrongName(wanted: "elsewhere.test", names: names)]
            ),
            ("root.pem", nil, nil, [.certificateWanted, .closedBehindHandshake]),
            (
                "root.pem", "client-strange", nil,
                [.certificateRefused("its authority is not known there"), .closed]
            ),
        ]
        for (roots, identity, name, failures) in table {
            let tls = ClientTLS(
                rootsFile: files(roots),
                identity: identity.map { (files("\($0).pem"), files("\($0).key")) },
                serverName: name, .test)
            let channel = ClientChannel(
                try ClientTarget(peer.address), clientSettings, wire: .secure(tls))
            do throws(RPCFailure) {
                let answer = try await channel.unary(
                    "/interop.Peer/Echo", [5], deadline: .seconds(60), waitForReady: false)
                #expect(answer == [5] && failures.isEmpty, "\(roots) \(identity ?? "none")")
            } catch {
                guard case .handshake(let failure)? = error.connectFailures.first?.cause else {
                    Issue.record("\(roots) \(identity ?? "none"): \(error)")
                    continue
                }
                #expect(failures.contains(failure), "\(roots) \(identity ?? "none"): \(failure)")
            }
            await channel.shutdown(within: .seconds(5))
        }
        try await peer.kill()
    }
}
