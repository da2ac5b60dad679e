import Logging
import SagaJournal
import SagaModel
import SagaProtobuf
import SagaRPC
import SagaSystem
import SagaTransport
import Testing

@testable import SagaCoordinator

/// Events as watchers are told them over a socket.
@Suite(.timeLimit(.minutes(2))) struct WatchEventsTests {
    private static let all = WatchMessage(namespace: "default")
    private static let fromOldest = WatchMessage(namespace: "default", start: .oldest)
    private static let lifeOfOne = [
        "saga-started", "step-started reserve", "verb-given", "saga-compensating",
        "saga-compensated",
    ]

    private static func after(_ cursor: EventCursor) -> WatchMessage {
        WatchMessage(namespace: "default", start: .after(cursor))
    }

    @Test("What happens is told in order, from the moment of asking, with all that is known")
    func order() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            try await wire.startOrders(["before"])
            try await TestWatcher.watch(wire, Self.all) { watcher in
                let first = try await watcher.next()
                #expect(first.event == nil && first.unreadableRecords == 0)
                try await wire.startOrders(["a", "b"])
                try await wire.cancel("a")
                let events = try await watcher.events(until: .sagaCompensated)
                #expect(
                    events.map(\.line) == [
                        "a saga-started", "a step-started reserve", "b saga-started",
                        "b step-started reserve", "a verb-given", "a saga-compensating",
                        "a saga-compensated",
                    ])
                let last = try #require(events.last)
                #expect(last.definition == "order" && last.version == 1)
                #expect(last.took ?? .seconds(-1) == last.at - events[0].at)
                #expect(events[4].verb?.verb == .cancel && events[4].verb?.reason == "enough")
                #expect(events[1].direction == .action && events[0].direction == nil)
                #expect(events[0].position == events[1].position)
                #expect(events[0].cursor != events[1].cursor)
            }
        }
    }

    @Test("From any cursor on follows the rest, over a reconnect and over restarts")
    func cursors() async throws {
        let directory = "/tmp/saga-watch-\(SystemRandom.word())"
        try Directory.make(directory)
        defer { try? Directory.removeTree(directory) }
        var seen: [SagaEvent] = []
        for life in 0..<3 {
            seen = try await withCoordinator(in: directory) { wire in
                if life == 0 { try await wire.register("order") }
                let keys = (0..<20).map { "\(life)-\($0)" }
                try await wire.startOrders(keys)
                for key in keys { try await wire.cancel(key) }
                let watch = seen.last.map { Self.after($0.cursor) } ?? Self.fromOldest
                // Not to the end: the next life begins with what this one had left to tell.
                let told = try await TestWatcher.watch(wire, watch) { try await $0.events(61) }
                return seen + told
            }
        }
        let start = seen
        try await withCoordinator(in: directory) { wire in
            let whole = try await TestWatcher.watch(wire, Self.fromOldest) {
                try await $0.events(300)
            }
            #expect(whole.map(\.line).prefix(183) == start.map(\.line)[...])
            #expect(Set(whole.map(\.cursor)).count == 300)
            for number in 0..<20 {
                let lines = whole.filter { $0.key == "1-\(number)" }.map {
                    String($0.line.drop { $0 != " " }.dropFirst())
                }
                #expect(lines == Self.lifeOfOne)
            }
            for place in stride(from: 0, to: 299, by: 23) {
                let rest = try await TestWatcher.watch(wire, Self.after(whole[place].cursor)) {
                    try await $0.events(299 - place)
                }
                #expect(rest == Array(whole[(place + 1)...]))
            }
        }
    }

    @Test("Who asks for some events gets those alone")
    func filters() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            try await wire.startOrders(["a"], labels: [Label(name: "x", value: "1")])
            try await wire.startOrders(["b"])
            try await wire.cancel("a")
            try await wire.cancel("b")
            let all = try await TestWatcher.watch(wire, Self.fromOldest) {
                try await $0.events(10)
            }
            let a = all[0].sagaID
            let changes: [(inout WatchMessage) -> Void] = [
                { $0.saga = .id(a) }, { $0.saga = .key(definition: "order", key: "a") },
                { $0.labels = [Label(name: "x", value: "1")] },
                {
                    $0.saga = .id(a)
                    $0.definition = "order"
                    $0.version = 1
                },
            ]
            for change in changes {
                var message = Self.fromOldest
                change(&message)
                let told = try await TestWatcher.watch(wire, message) { try await $0.events(5) }
                #expect(told == all.filter { $0.key == "a" })
            }
            var ends = Self.fromOldest
            ends.kinds = [.sagaCompensated]
            let told = try await TestWatcher.watch(wire, ends) { try await $0.events(2) }
            #expect(told.map(\.line) == ["a saga-compensated", "b saga-compensated"])
        }
    }

    @Test("Another namespace, definition or version is nobody else's")
    func others() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            let changes: [(inout WatchMessage) -> Void] = [
                { $0.namespace = "other" }, { $0.definition = "transfer" },
                {
                    $0.definition = "order"
                    $0.version = 2
                },
            ]
            for change in changes {
                var message = Self.all
                change(&message)
                try await TestWatcher.watch(wire, message) { watcher in
                    let start = try await watcher.next()
                    // Enough that the cursor is told to have moved over them.
                    let word = SystemRandom.word()
                    try await wire.startOrders((0..<1_024).map { "\(word)-\($0)" })
                    let moved = try await watcher.next()
                    #expect(moved.event == nil && moved.cursor != start.cursor)
                }
            }
        }
    }

    @Test("A watcher that does not read holds up nobody, costs little, and misses nothing")
    func slowWatcher() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            let keys = (0..<20_000).map { "order-\($0)" }
            try await TestWatcher.watch(wire, Self.all) { slow in
                _ = try await slow.next()
                try await TestWatcher.watch(wire, Self.all) { quick in
                    _ = try await quick.next()
                    try await wire.startOrders(keys)
                    let told = try await quick.events(2 * keys.count)
                    #expect(told.filter { $0.kind == .sagaStarted }.map(\.key) == keys)
                }
                let told = try await slow.events(2 * keys.count)
                #expect(told.filter { $0.kind == .sagaStarted }.map(\.key) == keys)
            }
        }
    }

    @Test("A cursor from which there would be a gap is refused with the oldest one that is good")
    func refusedCursors() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            try await wire.startOrders(["a"])
            let event = try await TestWatcher.watch(wire, Self.fromOldest) {
                try await $0.events(1)[0]
            }
            let read = RecordCursor(event.cursor.bytes.span)
            let good = try #require(read)
            var other = good
            other.lineage = JournalLineage(high: 1, low: 2)
            var ahead = good
            ahead.position = JournalPosition(1_000_000)
            var below = good
            below.position = .none
            for cursor in [other, ahead, below] {
                let refusal = try await TestWatcher.refusal(wire, Self.after(EventCursor(cursor)))
                #expect(refusal.code == .outOfRange && refusal.reason == "CURSOR_OUT_OF_RANGE")
                let oldest = try #require(refusal.oldestCursor)
                #expect(refusal.message.contains("\(oldest)"))
                let first = try await TestWatcher.watch(wire, Self.after(oldest)) {
                    try await $0.events(1)
                }
                #expect(first == [event])
            }
            for bytes in [[1, 2, 3], good.encoded().reversed()] as [[UInt8]] {
                let refusal = try await TestWatcher.refusal(
                    wire, Self.after(EventCursor(bytes: bytes)))
                #expect(refusal.code == .invalidArgument)
                #expect(refusal.violations.map(\.field) == ["cursor"])
            }
        }
    }

    @Test("So many watch and no more, until one leaves")
    func limit() async throws {
        try await withCoordinator(
            { wire in
                try await TestWatcher.watch(wire, Self.all) { first in
                    _ = try await first.next()
                    let refusal = try await TestWatcher.refusal(wire, Self.all)
                    #expect(refusal.code == .resourceExhausted && refusal.reason == "WATCHERS")
                    #expect(refusal.message.contains("--max-watchers"))
                }
                // That the call is over is known to the coordinator a little later.
                var isIn = false
                while !isIn {
                    let first = try? await TestWatcher.watch(wire, Self.all) {
                        try await $0.next()
                    }
                    isIn = first != nil
                }
            }, limits: { $0.watchers = 1 })
    }

    @Test("A coordinator that stops says so to its watchers")
    func drain() async throws {
        let directory = "/tmp/saga-watch-\(SystemRandom.word())"
        try Directory.make(directory)
        defer { try? Directory.removeTree(directory) }
        let coordinator = try await Coordinator.start(
            CoordinatorConfiguration(
                dataDirectory: directory, listen: [ListenAddress(host: "127.0.0.1", port: 0)],
                eventLoops: 1, allowsVolatile: true, version: "test"),
            logger: .silent
        ) { Issue.record("the journal failed: \($0)") }
        let channel = ClientChannel(
            try ClientTarget("\(coordinator.addresses[0])"),
            ClientSettings(rpc: .init(programName: "test", programVersion: "0")))
        let wire = Wire(channel: channel)
        var stop: Task<Void, Never>?
        let failure = await #expect(throws: RPCFailure.self) {
            try await TestWatcher.watch(wire, Self.all) { watcher in
                _ = try await watcher.next()
                stop = Task { await coordinator.stop() }
                while true { _ = try await watcher.next() }
            }
        }
        #expect(failure?.code == .unavailable)
        var arena = DecodingArena(limit: 1 << 20)
        let details = failure?.details ?? []
        let refusal = try StatusCodec.decode(details.span, arena: &arena)
        #expect(refusal.reason == "STOPPING")
        await stop?.value
        await channel.shutdown(within: .seconds(2))
    }
}
