import SagaModel
import SagaProtobuf
import SagaTransport
import Testing

@testable import SagaCoordinator

/// Lists over memory and archive together, while sagas go from the one to the other between the
/// pages.
@Suite(.timeLimit(.minutes(2))) struct MergedListTests {
    private static let sagas = 40

    private static func page(
        _ wire: Wire, _ filter: SagaFilter, oldestFirst: Bool, _ cursor: JournalPosition?
    ) async throws -> SagaPage {
        let request = ListRequest(
            filter, isOldestFirst: oldestFirst, pageSize: 100, cursor: cursor)
        while true {
            let answer: [UInt8]
            do throws(RPCFailure) {
                answer = try await wire.call("ListSagas") { bytes, arena in
                    SagaServiceCodec.encodeListSagasRequest(request, into: &bytes, arena: &arena)
                }
            } catch {
                // A saga has just left memory, and the archive does not have it yet.
                var arena = DecodingArena(limit: 1 << 20)
                let refusal = try? StatusCodec.decode(error.details.span, arena: &arena)
                try #require(refusal?.reason == "ARCHIVE_BEHIND")
                continue
            }
            var arena = DecodingArena(limit: 1 << 20)
            return try SagaServiceCodec.decodeListSagasResponse(answer.span, arena: &arena)
        }
    }

    /// The next task that is handed out.
    private static func task(_ session: TestSession) async throws -> ReceivedTask {
        while true {
            if case .task(let order) = try await session.message() { return order }
        }
    }

    @Test("Each saga is seen once, whichever end while the list is read", arguments: [false, true])
    func eachOnce(_ oldestFirst: Bool) async throws {
        try await withCoordinator(hasArchive: true) { wire in
            try await wire.register("order")
            let session = TestSession(wire.channel)
            session.say(.hello(TestSession.hello("i", slots: UInt32(Self.sagas))))
            var orders: [ReceivedTask] = []
            for number in 0..<Self.sagas {
                _ = try await wire.start([wire.message("order", key: "\(number)")])
                orders.append(try await Self.task(session))
            }
            var seen: [String] = []
            var fromArchive = 0
            var cursor: JournalPosition?
            repeat {
                let page = try await Self.page(
                    wire, SagaFilter(namespace: "default"), oldestFirst: oldestFirst, cursor)
                seen += page.rows.map(\.key)
                fromArchive += page.rows.count { $0.state == .completed }
                cursor = page.next
                // Some of the oldest, some of the newest and some in between end, and leave the
                // memory but for the last one.
                for place in [0, orders.count - 1, orders.count / 2] where !orders.isEmpty {
                    let order = orders.remove(at: min(max(place, 0), orders.count - 1))
                    session.say(
                        .result(TaskResult(attempt: order.attempt, outcome: .succeeded(.empty))))
                    let id = SagaRef.id(order.attempt.task.saga)
                    while try await wire.get(id, SagaView(output: false, steps: false))
                        .saga.state != .completed
                    {}
                }
            } while cursor != nil
            let expected = (0..<Self.sagas).map { "\($0)" }
            #expect(seen == (oldestFirst ? expected : expected.reversed()))
            #expect(fromArchive > 5, "\(fromArchive)")
            session.leave()
        } limits: { limits in
            limits.endedKept = 1
            limits.pageRows = 3
            limits.archivePace = .milliseconds(1)
        }
    }
}
