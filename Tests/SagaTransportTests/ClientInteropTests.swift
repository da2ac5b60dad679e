import SagaHTTP2
import SagaRPC
import SagaSystem
import Testing

@testable import SagaTransport

/// The client against servers on stock grpcio.
@Suite(.timeLimit(.minutes(2)))
struct ClientInteropTests {
    private func channel(_ peer: GrpcioPeer) throws -> ClientChannel {
        ClientChannel(try ClientTarget(peer.address), clientSettings)
    }

    private func call(
        _ channel: ClientChannel, _ method: String, _ request: [UInt8] = [],
        deadline: Duration = .seconds(60)
    ) async throws(RPCFailure) -> [UInt8] {
        try await channel.unary("/interop.Peer/\(method)", request, deadline: deadline)
    }

    private func failure(
        _ channel: ClientChannel, _ method: String, _ request: [UInt8] = [],
        deadline: Duration = .seconds(60)
    ) async throws -> RPCFailure {
        do {
            _ = try await call(channel, method, request, deadline: deadline)
        } catch {
            return error
        }
        throw GrpcioPeer.Missing(description: "\(method) did not fail")
    }

    @Test func unaryCallsFromEmptyToLargerThanTheWindow() async throws {
        let peer = try await GrpcioPeer.start()
        let channel = try channel(peer)
        for count in [0, 1, 16_379, 65_535, 3 << 20] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(try await call(channel, "Echo", bytes) == bytes)
        }
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
    }

    @Test func compressedRequestsAreReadAndCompressedAnswersToo() async throws {
        let peer = try await GrpcioPeer.start()
        let observation = ClientObservation()
        let channel = ClientChannel(
            try ClientTarget(peer.address), clientSettings, observer: observation)
        let bytes = [UInt8](repeating: 7, count: 200_000)
        let options = CallOptions(encoding: .gzip)
        #expect(
            try await channel.unary("/interop.Peer/Echo", bytes, options).message == bytes)
        let answers = try await channel.bidirectional("/interop.Peer/Squeeze", options) {
            requests, responses in
            for _ in 0..<3 { try await requests.write(bytes) }
            requests.finish()
            return try await responses.reduce(into: 0) { $0 += $1 == bytes ? 1 : 0 }
        }
        #expect(answers == 3)
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
        // Three large messages each way, and an echo that came back as it is.
        var sent = 0
        var received = 0
        observation.finish()
        for await event in observation.events {
            if case .sent(_, let count) = event { sent += count }
            if case .received(_, let count) = event { received += count }
        }
        #expect(sent < bytes.count)
        #expect(received < 2 * bytes.count)
    }

    @Test func everyStatusComesWithTextDetailsAndTrailers() async throws {
        let peer = try await GrpcioPeer.start()
        let channel = try channel(peer)
        for code in RPCCode.allCases where code != .ok {
            let text = "no \(code.name): 100 %, \u{1F600}\nü"
            let failure = try await failure(
                channel, "Fail", Array("\(code.rawValue)|\(text)".utf8))
            #expect(failure.code == code)
            #expect(failure.message == text)
            #expect(failure.details == [8, 5, 0, 255])
            #expect(failure.metadata.text("x-trailer") == "seen")
            #expect(failure.metadata.bytes("x-trailer-bin") == [0, 1])
            #expect(failure.reach == .answered)
        }
        let unknown = try await failure(channel, "NoSuchMethod")
        #expect(unknown.code == .unimplemented)
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
    }

    @Test func metadataAndDeadlineArrive() async throws {
        let peer = try await GrpcioPeer.start()
        let channel = try channel(peer)
        var metadata = Metadata()
        try metadata.add("x-text", "a b")
        try metadata.add("x-bytes-bin", bytes: [0, 255])
        let answer = try await channel.unary(
            "/interop.Peer/Metadata", [], metadata: metadata, deadline: .seconds(500))
        let lines = String(decoding: answer, as: UTF8.self).split(separator: "\n")
        let seconds = try #require(lines.first.flatMap { Int($0.dropFirst("time ".count)) })
        #expect((400...500).contains(seconds))
        #expect(lines.dropFirst() == ["x-text 'a b'", "x-bytes-bin b'\\x00\\xff'"])
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
    }

    @Test func deadlineAndCancellationReachTheServer() async throws {
        let peer = try await GrpcioPeer.start()
        let channel = try channel(peer)
        _ = try await call(channel, "Echo")
        let late = try await failure(channel, "Hang", deadline: .seconds(1))
        #expect(late.code == .deadlineExceeded)
        #expect(try await call(channel, "Hanging") == Array("hanging".utf8))
        #expect(try await call(channel, "Cancelled") == Array("cancelled".utf8))

        let task = Task { () throws(RPCFailure) in try await call(channel, "Hang") }
        #expect(try await call(channel, "Hanging") == Array("hanging".utf8))
        task.cancel()
        let cancelled = await task.result
        #expect(throws: RPCFailure.self) { try cancelled.get() }
        #expect(try await call(channel, "Cancelled") == Array("cancelled".utf8))
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
    }

    @Test func aStreamEchoesMoreThanTheWindows() async throws {
        let peer = try await GrpcioPeer.start()
        let channel = try channel(peer)
        let big = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 17) }
        let heard = channel.stream("/interop.Peer/Bidi") { call in
            for _ in 0..<4 { call.send(big.span) }
            call.halfClose()
        }
        var messages = 0
        var end: ClientCallEnd?
        for await event in heard {
            switch event {
            case .opened, .turnEnded, .writable: break
            case .message(let bytes):
                #expect(bytes == big)
                messages += 1
            case .closed(let told): end = told
            }
        }
        #expect(messages == 4)
        #expect(end?.status == .ok)
        await channel.shutdown(within: .seconds(5))
        try await peer.kill()
    }

    @Test func aServerThatLeavesAndComesBackCostsNoCall() async throws {
        // A socket's path, so that no other program can take the place meanwhile.
        let path = "/tmp/saga-interop-test-\(UInt64.random(in: .min ... .max))"
        defer { try? WholeFile.removeIfPresent(path) }
        let peer = try await GrpcioPeer.start(at: "unix:\(path)")
        let channel = try channel(peer)
        #expect(try await call(channel, "Leave") == Array("leaving".utf8))
        #expect(try await peer.ended() == .exited(0))
        async let answer = call(channel, "Echo", [9])
        let next = try await GrpcioPeer.start(at: peer.address)
        #expect(try await answer == [9])

        try await next.kill()
        // A call on a connection whose end was not noticed yet may have been seen.
        while case .ready = channel.state { await Task.yield() }
        async let again = call(channel, "Echo", [10])
        let last = try await GrpcioPeer.start(at: peer.address)
        #expect(try await again == [10])
        await channel.shutdown(within: .seconds(5))
        try await last.kill()
    }
}
