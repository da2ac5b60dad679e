import NIOPosix
import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Synchronization
import Testing

@testable import Saga

/// Events as the SDK reads them, of a coordinator that follows a script.
@Suite(.timeLimit(.minutes(1))) struct SagaEventsTests {
    private static let id = SagaID(high: 0x0199_a3c1_5f20_7b1e, low: 0x8c44_3d2a_90e1_7f55)

    /// What one call is answered with, and how it ends; nil for never.
    private struct Call: Sendable {
        var answers: [WatchAnswer]
        var end: RPCStatus?
    }

    private static func cursor(_ number: UInt8) -> EventCursor { EventCursor(bytes: [number]) }

    private static func told(_ kind: EventKind, _ number: UInt8) -> WatchAnswer {
        WatchAnswer(
            event: SagaEvent(
                kind, of: id, definition: "order", version: 1, key: "k",
                at: Instant(microseconds: 0), position: JournalPosition(UInt64(number)),
                cursor: cursor(number)), cursor: cursor(number))
    }

    private static func moved(_ number: UInt8, unreadable: UInt64 = 0) -> WatchAnswer {
        WatchAnswer(cursor: cursor(number), unreadableRecords: unreadable)
    }

    private static let away = RPCStatus(.unavailable, "gone")

    /// A server that answers one call after the other, and the requests that it got.
    private static func withScript(
        _ calls: [Call], failsFast: Bool = false, timeout: Duration = .seconds(10),
        _ body: (SagaClient) async throws -> Void
    ) async throws -> [WatchMessage] {
        let box = Script(calls)
        var services = ServiceSet()
        services.add([
            .serverStreaming("/saga.v1.SagaService/WatchEvents") { message, responses, _ in
                var arena = DecodingArena(limit: 1 << 20)
                let request = try SagaServiceCodec.decodeWatchEvents(
                    message.span, limits: CodecLimits(), arena: &arena)
                let call = box.next(request)
                for answer in call.answers {
                    var bytes: [UInt8] = []
                    var arena = EncodingArena()
                    SagaServiceCodec.encodeWatchEvents(answer, into: &bytes, arena: &arena)
                    try await responses.send(bytes)
                }
                if let end = call.end {
                    if end.code == .ok { return }
                    throw end
                }
                while true { try await Task.sleep(for: .seconds(60)) }
            }
        ]) { path, error in Issue.record("\(path): \(error)") }
        let all = services
        let server = try await Server.start(
            [ListenAddress(host: "127.0.0.1", port: 0)],
            on: MultiThreadedEventLoopGroup.singleton.next(),
            RPCSettings(programName: "scripted", programVersion: "1"), methods: all.methods
        ) { all.makeHandler($0) }
        let client = SagaClient(
            "\(server.boundAddresses[0])", timeout: timeout, failsFast: failsFast)
        try await body(client)
        await client.shutdown()
        await server.close()
        return box.requests
    }

    private final class Script: Sendable {
        private let state: Mutex<(calls: [Call], requests: [WatchMessage])>

        init(_ calls: [Call]) { state = Mutex((calls, [])) }

        var requests: [WatchMessage] { state.withLock { $0.requests } }

        func next(_ request: WatchMessage) -> Call {
            state.withLock { state in
                state.requests.append(request)
                if state.calls.isEmpty {
                    return Call(answers: [], end: RPCStatus(.internal, "the script is over"))
                }
                return state.calls.removeFirst()
            }
        }
    }

    @Test("A lost connection is gone on from the last cursor, with or without an event")
    func resumes() async throws {
        let calls = [
            Call(answers: [], end: Self.away),
            Call(answers: [Self.moved(1), Self.told(.sagaStarted, 2)], end: Self.away),
            Call(answers: [Self.told(.stepStarted, 3), Self.moved(4)], end: .ok),
            Call(answers: [Self.told(.stepSucceeded, 5)], end: nil),
        ]
        let requests = try await Self.withScript(calls) { client in
            var events = client.events().makeAsyncIterator()
            var kinds: [EventKind] = []
            while kinds.count < 3, let event = try await events.next() { kinds.append(event.kind) }
            #expect(kinds == [.sagaStarted, .stepStarted, .stepSucceeded])
            #expect(events.cursor == Self.cursor(5))
        }
        #expect(
            requests.map(\.start) == [
                .now, .now, .after(Self.cursor(2)), .after(Self.cursor(4)),
            ])
    }

    @Test("What is selected is asked for")
    func selections() async throws {
        let selections: [(EventSelection, EventStart, WatchMessage)] = [
            (EventSelection(), .now, WatchMessage(namespace: "default")),
            (
                EventSelection(saga: Self.id, labels: ["b": "2", "a": "1"]), .oldest,
                WatchMessage(
                    namespace: "default", start: .oldest, saga: .id(Self.id),
                    labels: [Label(name: "a", value: "1"), Label(name: "b", value: "2")])
            ),
            (
                EventSelection(
                    definition: "order", version: 3, key: "k",
                    kinds: [.verbGiven, .sagaStarted]), .after(Self.cursor(9)),
                WatchMessage(
                    namespace: "default", start: .after(Self.cursor(9)),
                    saga: .key(definition: "order", key: "k"), definition: "order", version: 3,
                    kinds: [.sagaStarted, .verbGiven])
            ),
        ]
        for (selection, start, message) in selections {
            let call = Call(answers: [Self.told(.sagaStarted, 1)], end: nil)
            let requests = try await Self.withScript([call]) { client in
                for try await _ in client.events(selection, from: start) { break }
            }
            #expect(requests == [message])
        }
    }

    @Test("A cursor that is not good any more is an error with the oldest one that is")
    func outOfRange() async throws {
        let refusal = Refusal(
            .outOfRange, reason: "CURSOR_OUT_OF_RANGE", "gone", oldestCursor: Self.cursor(7))
        let end = RPCStatus(.outOfRange, "gone", details: StatusCodec.encode(refusal))
        _ = try await Self.withScript([Call(answers: [], end: end)]) { client in
            let error = await #expect(throws: SagaError.self) {
                for try await _ in client.events(from: .after(Self.cursor(1))) {}
            }
            #expect(error?.code == .outOfRange && error?.oldestCursor == Self.cursor(7))
        }
    }

    @Test("The events of a handle end with its saga")
    func handles() async throws {
        let call = Call(
            answers: [Self.told(.sagaStarted, 1), Self.told(.sagaCompensated, 2)], end: nil)
        let requests = try await Self.withScript([call]) { client in
            let handle = client.saga(Self.id, of: SagaName<Order, Charge>("order"))
            var kinds: [EventKind] = []
            for try await event in handle.events() { kinds.append(event.kind) }
            #expect(kinds == [.sagaStarted, .sagaCompensated])
        }
        #expect(
            requests == [
                WatchMessage(namespace: "default", start: .oldest, saga: .id(Self.id))
            ])
    }

    @Test("Records that tell nothing are counted, and what is heard is observed")
    func signs() async throws {
        let calls = [
            Call(answers: [Self.moved(1, unreadable: 3)], end: Self.away),
            Call(
                answers: [Self.moved(2, unreadable: 4), Self.told(.sagaStarted, 3)], end: nil),
        ]
        _ = try await Self.withScript(calls) { client in
            let seen = SignBox()
            let events = SagaEvents(
                client, EventSelection(), .now, endsWithSaga: false, observe: { seen.append($0) })
            var iterator = events.makeAsyncIterator()
            let event = try await iterator.next()
            #expect(event?.kind == .sagaStarted)
            #expect(iterator.unreadableRecords == 7)
            #expect(
                seen.signs == [
                    "at AQ", "3 unreadable", "lost", "at Ag", "4 unreadable", "at Aw",
                ])
        }
    }

    private final class SignBox: Sendable {
        private let state = Mutex<[String]>([])
        var signs: [String] { state.withLock { $0 } }
        func append(_ sign: SagaEvents.Sign) {
            state.withLock { signs in
                switch sign {
                case .moved(let cursor): signs.append("at \(cursor)")
                case .unreadable(let count): signs.append("\(count) unreadable")
                case .lost: signs.append("lost")
                }
            }
        }
    }

    @Test("Nobody there: at once where a person waits, else when the client's time is over")
    func unreachable() async throws {
        for failsFast in [true, false] {
            let client = SagaClient(
                "127.0.0.1:1", timeout: .milliseconds(300), failsFast: failsFast)
            let began = ContinuousClock.now
            let error = await #expect(throws: SagaError.self) {
                for try await _ in client.events() {}
            }
            #expect(error?.reason == SagaError.unreachable)
            #expect((ContinuousClock.now - began >= .milliseconds(300)) == !failsFast)
            await client.shutdown()
        }
    }

    @Test("A cancelled reader ends without an error")
    func cancelled() async throws {
        _ = try await Self.withScript([Call(answers: [Self.told(.sagaStarted, 1)], end: nil)]) {
            client in
            let events = client.events()
            let first = AsyncStream.makeStream(of: Void.self)
            let reader = Task {
                var count = 0
                for try await _ in events {
                    count += 1
                    first.continuation.yield()
                }
                return count
            }
            for await _ in first.stream { break }
            reader.cancel()
            let count = try await reader.value
            #expect(count == 1)
        }
    }
}
