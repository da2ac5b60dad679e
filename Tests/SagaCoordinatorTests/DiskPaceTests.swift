import Logging
import SagaModel
import Synchronization
import Testing

@testable import SagaCoordinator

/// When the disk is too slow for new sagas, by a clock that is set.
@Suite struct DiskPaceTests {
    private final class World: Sendable {
        let pace: DiskPace
        private let time = Mutex(Instant(microseconds: 1_000_000_000))
        let lines = LogLines()

        init() {
            let lines = lines
            pace = DiskPace(Limits(), Logger(label: "test") { _ in lines.handler })
        }

        var now: Instant { time.withLock { $0 } }
        var admission: DiskPace.Admission { pace.admission(at: now) }
        var slowness: String { pace.slowness(at: now) }

        func pass(_ duration: Duration) { time.withLock { $0 = $0 + duration } }

        func commit(_ duration: Duration, times: Int = 1) {
            for _ in 0..<times {
                pace.began(at: now)
                pass(duration)
                pace.ended(at: now)
            }
        }
    }

    private static let slow = Limits().slowCommit
    private static let fast = Duration.milliseconds(2)

    @Test("Half of the newest commits decide, and one that is slow does not")
    func median() {
        let world = World()
        #expect(world.admission == .open && world.slowness.isEmpty)
        world.commit(Self.fast, times: 16)
        world.commit(Self.slow, times: 7)
        #expect(world.admission == .open)
        world.commit(Self.slow, times: 1)
        #expect(world.admission == .onlyExisting)
        #expect(world.slowness == "half of the newest commits took 500 ms and more")
        #expect(
            world.lines.all == [
                "the disk is slow: no sagas are started, those that are there go on"
            ])
        // It stays slow while it is a little faster, and is fast once that is clear.
        world.commit(.milliseconds(300), times: 16)
        #expect(world.admission == .onlyExisting)
        world.commit(.milliseconds(200), times: 16)
        #expect(world.admission == .open && world.slowness.isEmpty)
        #expect(world.lines.all.count == 2)
        #expect(world.lines.all.last == "the disk is fast enough: sagas are started again")
    }

    @Test("Few commits say nothing, and old ones are forgotten")
    func window() {
        let world = World()
        world.commit(.milliseconds(900), times: 2)
        #expect(world.admission == .open)
        world.commit(.milliseconds(900))
        #expect(world.admission == .onlyExisting)
        world.pass(.seconds(9))
        #expect(world.admission == .onlyExisting)
        world.pass(.seconds(2))
        #expect(world.admission == .open && world.slowness.isEmpty)
        #expect(world.lines.all.count == 2)
    }

    @Test("A commit that does not end keeps all starts away, and is told once")
    func stuck() {
        let world = World()
        world.pace.began(at: world.now)
        world.pass(Limits().stuckCommit - .milliseconds(1))
        #expect(world.admission == .open)
        world.pass(.milliseconds(1))
        #expect(world.admission == .stuck && world.admission == .stuck)
        #expect(
            world.lines.all == [
                "the disk does not answer: nothing becomes durable, and no sagas are started"
            ])
        world.pass(.seconds(5))
        world.pace.ended(at: world.now)
        #expect(world.admission == .open)
        #expect(world.lines.all.last == "the disk answers again")
        // The next one is told of again.
        world.pace.began(at: world.now)
        world.pass(.seconds(5))
        #expect(world.admission == .stuck && world.lines.all.count == 3)
    }
}

/// The messages that were logged.
private final class LogLines: Sendable {
    private let messages = Mutex<[String]>([])

    var all: [String] { messages.withLock(\.self) }

    var handler: some LogHandler { Handler(lines: self) }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.messages.withLock { $0.append("\(event.message)") }
        }
    }
}
