import Dispatch
import Foundation
import NIOCore
import NIOPosix
import SagaRPC
import Testing

@testable import SagaTransport

/// Calls that follow others are sent while the rest of the answers to these is still being told.
@Suite(.timeLimit(.minutes(1))) struct ClientSendAheadTests {
    /// Calls in flight: enough for some to be sent ahead in the turn in which all are answered.
    private static let lanes = 50

    @Test func eachAnswerIsForItsOwnCallWhenOthersHaveTakenTheirPlaces() async throws {
        let server = try await ScriptedServer.start()
        let channel = ClientChannel(try ClientTarget("127.0.0.1:\(server.port)"), clientSettings)
        let rounds = 40
        let (answers, told) = AsyncStream.makeStream(of: Bool.self)
        channel.execute { dispatcher in
            @Sendable func call(_ lane: Int, _ round: Int, _ dispatcher: ClientDispatcher) {
                let message = [UInt8(lane), UInt8(round)]
                dispatcher.unary(ScriptedServer.echo, message) { result in
                    told.yield((try? result.get().message) == message)
                    if round < rounds { call(lane, round + 1, dispatcher) }
                }
            }
            for lane in 0..<Self.lanes { call(lane, 1, dispatcher) }
        }
        var right = 0
        for await isRight in answers.prefix(Self.lanes * rounds) where isRight { right += 1 }
        #expect(right == Self.lanes * rounds)
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    /// The socket tells of its end from within the write.
    @Test func answersOutliveASocketThatFailsUnderACallSentAhead() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        let server = try await ScriptedServer.start(path: path)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel = ClientChannel(
            try ClientTarget("unix:\(path)"), clientSettings, on: group.next())
        let (ends, told) = AsyncStream.makeStream(of: (round: Int, answer: [UInt8]?).self)
        channel.execute { dispatcher in
            let stopped = DispatchSemaphore(value: 0)
            var isStopped = false
            func call(_ lane: Int, _ round: Int) {
                dispatcher.unary(ScriptedServer.echo, [UInt8(lane)], waitForReady: false) {
                    if !isStopped {
                        isStopped = true
                        Task {
                            try await server.stop()
                            stopped.signal()
                        }
                        stopped.wait()
                    }
                    told.yield((round, try? $0.get().message))
                    if round == 1 { call(lane, 2) }
                }
            }
            for lane in 0..<Self.lanes { call(lane, 1) }
        }
        var first: Set<[UInt8]> = []
        var second = 0
        for await (round, answer) in ends.prefix(2 * Self.lanes) {
            if round == 1, let answer { first.insert(answer) }
            if round == 2, answer == nil { second += 1 }
        }
        // The first read may not have brought them all.
        #expect(first.count > 16)
        #expect(second == Self.lanes)
        await channel.shutdown(within: .seconds(5))
        try await group.shutdownGracefully()
    }
}
