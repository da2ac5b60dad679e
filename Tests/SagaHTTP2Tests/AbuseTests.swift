import SagaHTTP2
import Testing

/// What `transport.md` calls hostile and broken peers, as far as frames and time show them.
@Suite struct AbuseTests {
    struct Attack: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var abuse: HTTP2Abuse
        /// The peer's bytes with so many repetitions.
        var bytes: @Sendable (Int) -> [UInt8]
        /// So many are taken with the defaults, one more is not.
        var limit: Int
        var text: String
        var role = HTTP2Role.server
        var requests = 0
    }

    private static let opened = Wire.headers(1, Wire.request)

    private static func repeated(_ count: Int, _ bytes: [UInt8]) -> [UInt8] {
        (0..<count).flatMap { _ in bytes }
    }

    private static let provoked =
        "provoked_reset: more than 100 faults that reset a stream at once or 10 a second"
    private static let badHead = Wire.request(with: ["A": "b"])
    private static let oneByte = Wire.request(with: ["content-length": "1"])
    private static let field = Wire.block(["a": "b"])
    private static let long = Wire.block(["a": String(repeating: "b", count: 10_000)])

    /// The same on so many streams, one behind the other.
    private static func streams(_ count: Int, _ bytes: (UInt32) -> [UInt8]) -> [UInt8] {
        (0..<count).flatMap { bytes(UInt32(2 * $0 + 1)) }
    }

    static let attacks: [Attack] = [
        Attack(
            testDescription: "rapid reset", abuse: .rapidReset,
            bytes: { streams($0) { Wire.headers($0, Wire.request) + Wire.reset($0) } },
            limit: 100,
            text: "rapid_reset: more than 100 RST_STREAM frames at once or 10 a second"),
        Attack(
            testDescription: "made you reset, by window", abuse: .provokedReset,
            bytes: {
                streams($0) {
                    Wire.headers($0, Wire.request) + Wire.windowUpdate($0, 0x7fff_ffff)
                }
            }, limit: 100, text: provoked),
        Attack(
            testDescription: "made you reset, by a bad head", abuse: .provokedReset,
            bytes: { streams($0) { Wire.headers($0, badHead) } }, limit: 100, text: provoked),
        Attack(
            testDescription: "made you reset, by content-length", abuse: .provokedReset,
            bytes: { streams($0) { Wire.headers($0, oneByte) + Wire.data($0, "hello!") } },
            limit: 100, text: provoked),
        Attack(
            testDescription: "SETTINGS", abuse: .settingsFlood,
            bytes: { repeated($0, Wire.settings()) }, limit: 99,
            text: "settings_flood: more than 100 SETTINGS frames at once or 10 a second"),
        Attack(
            testDescription: "entries of SETTINGS", abuse: .settingsEntries,
            bytes: { Wire.settings([(UInt32, UInt32)](repeating: (0xff, 1), count: $0)) },
            limit: 32, text: "settings_entries: SETTINGS frame of more than 32 entries"),
        Attack(
            testDescription: "PING", abuse: .pingFlood, bytes: { repeated($0, Wire.ping()) },
            limit: 200, text: "ping_flood: more than 200 PING frames at once or 20 a second"),
        Attack(
            testDescription: "WINDOW_UPDATE", abuse: .windowUpdateFlood,
            bytes: { repeated($0, Wire.windowUpdate(0, 1)) }, limit: 10_000,
            text: "window_update_flood: more than 10000 WINDOW_UPDATE frames at once"
                + " or 1000 a second"),
        Attack(
            testDescription: "empty DATA", abuse: .emptyDataFlood,
            bytes: { opened + repeated($0, Wire.data(1, "")) }, limit: 101,
            text: "empty_data_flood: more than 100 empty DATA frames at once or 10 a second"),
        Attack(
            testDescription: "tiny DATA", abuse: .tinyDataFlood,
            bytes: { opened + repeated($0, Wire.data(1, "x")) }, limit: 1001,
            text: "tiny_data_flood: more than 1000 DATA frames below 5 bytes at once"
                + " or 1000 a second"),
        Attack(
            testDescription: "DATA of padding", abuse: .tinyDataFlood,
            bytes: { opened + repeated($0, Wire.frame(0, Wire.padded, 1, [3, 0, 0, 0])) },
            limit: 1001,
            text: "tiny_data_flood: more than 1000 DATA frames below 5 bytes at once"
                + " or 1000 a second"),
        Attack(
            testDescription: "CONTINUATION", abuse: .continuationFlood,
            bytes: {
                Wire.headers(1, Wire.request, 0) + repeated($0, Wire.continuation(1, []))
            },
            limit: 8,
            text: "continuation_flood: more than 8 CONTINUATION frames of one header block"),
        Attack(
            testDescription: "a block of many bytes", abuse: .headerBlockBytes,
            bytes: { Wire.headers(1, Wire.request, 0) + repeated($0, Wire.continuation(1, long)) },
            limit: 6, text: "header_block_bytes: header block of more than 65536 bytes"),
        Attack(
            testDescription: "HEADERS without effect", abuse: .ignoredHeaders,
            // A stream that this side has reset for a fault: late HEADERS are ignored.
            bytes: { Wire.headers(1, badHead) + repeated($0, Wire.headers(1, field)) },
            limit: 1000,
            text: "ignored_headers: more than 1000 HEADERS without effect at once or 100 a second"),
        Attack(
            testDescription: "PRIORITY", abuse: .uselessFrames,
            bytes: { repeated($0, Wire.priority(1)) }, limit: 1000,
            text: "useless_frames: more than 1000 frames without effect at once or 100 a second"),
        Attack(
            testDescription: "unknown frames", abuse: .uselessFrames,
            bytes: { repeated($0, Wire.frame(0x77)) }, limit: 1000,
            text: "useless_frames: more than 1000 frames without effect at once or 100 a second"),
        Attack(
            testDescription: "answers to no PING", abuse: .uselessFrames,
            bytes: { repeated($0, Wire.ping(0, Wire.acknowledgement)) }, limit: 1000,
            text: "useless_frames: more than 1000 frames without effect at once or 100 a second"),
        Attack(
            testDescription: "1xx of a server", abuse: .uselessFrames,
            bytes: { repeated($0, Wire.headers(1, Wire.response("103"))) }, limit: 1001,
            text: "useless_frames: more than 1000 frames without effect at once or 100 a second",
            role: .client, requests: 1),
        Attack(
            testDescription: "PING of a server", abuse: .pingFlood,
            bytes: { repeated($0, Wire.ping()) }, limit: 201,
            text: "ping_flood: more than 200 PING frames at once or 20 a second", role: .client,
            requests: 1),
        Attack(
            testDescription: "SETTINGS of a server", abuse: .settingsFlood,
            bytes: { repeated($0, Wire.settings()) }, limit: 99,
            text: "settings_flood: more than 100 SETTINGS frames at once or 10 a second",
            role: .client, requests: 1),
        Attack(
            testDescription: "tiny DATA of a server", abuse: .tinyDataFlood,
            bytes: { Wire.headers(1, Wire.response()) + repeated($0, Wire.data(1, "x")) },
            limit: 1001,
            text: "tiny_data_flood: more than 1000 DATA frames below 5 bytes at once"
                + " or 1000 a second",
            role: .client, requests: 1),
    ]

    @Test("the limit is taken, one more ends the connection with its name", arguments: attacks)
    func attack(example: Attack) throws {
        func run(_ count: Int) throws -> Script.Outcome {
            try Script(
                role: example.role, bytes: example.bytes(count), requests: example.requests
            ).run(cuts: [])
        }
        #expect(try run(example.limit).termination == nil)
        let outcome = try run(example.limit + 1)
        let termination = try #require(outcome.termination)
        #expect(termination.abuse == example.abuse)
        #expect(termination.code == .enhanceYourCalm)
        #expect(termination.reason == example.text)
        let last = try #require(outcome.frames.last)
        #expect(last.hasPrefix("GOAWAY ") && last.hasSuffix(" 11 \(example.text)"))
        #expect(outcome.counters.abuses == [example.abuse: 1])
        #expect(outcome.isFinished)
    }

    @Test("twenty thousand in reads of 64 KiB cost no more than the limit", arguments: attacks)
    func flood(example: Attack) throws {
        guard example.abuse != .settingsEntries else { return }
        var session = try HTTP2Session(example.role, HTTP2Settings())
        for _ in 0..<example.requests { _ = try session.request(Link.head) }
        while try session.drain(limit: 1 << 20, { _ in }) {}
        let hello = example.role == .server ? Wire.hello : Wire.serverHello
        let bytes = hello + example.bytes(20_000)
        var events = 0
        var sent = 0
        var mostWaiting = 0
        var now = HTTP2Instant(nanoseconds: 0)
        for start in stride(from: 0, to: bytes.count, by: 64 << 10) {
            let part = Array(bytes[start..<min(start + 64 << 10, bytes.count)])
            try session.receive(part.span, now: now)
            now.nanoseconds += 1_000_000
            while session.nextEvent() != nil { events += 1 }
            mostWaiting = max(mostWaiting, session.waitingFrames)
            while try session.drain(limit: 1 << 20, { sent += $0.byteCount }) {}
            while session.nextEvent() != nil { events += 1 }
        }
        let abuse = session.termination?.abuse
        #expect(abuse == example.abuse)
        // One read of the shortest frames has 5,041 heads of 13 bytes in it.
        #expect(events < 20_000)
        #expect(mostWaiting < 10_000)
        #expect(sent < 200 << 10)
        let kept = session.headerBytes.count
        #expect(kept <= 256 << 10)
    }

    @Test("small limits act alike however the bytes are cut", arguments: attacks)
    func cutAnywhere(example: Attack) throws {
        var settings = HTTP2Settings()
        let few = RateLimit(burst: 2, perSecond: 1)
        settings.limits = HTTP2Limits(
            peerResets: few, provokedResets: few, settings: few, settingsEntries: 2, pings: few,
            windowUpdates: few, emptyData: few, tinyData: few, continuations: 2,
            headerBlockBytes: 100, ignoredHeaders: few, uselessFrames: few)
        // What useful work earned before is spent too.
        let count = example.abuse == .headerBlockBytes ? 1 : 25
        let script = Script(
            role: example.role, settings: settings, bytes: example.bytes(count),
            requests: example.requests)
        if script.whole.count < 1200 {
            let outcome = try script.runInAllPieces(comparesData: false, comparesFrames: false)
            #expect(outcome.termination?.abuse == example.abuse)
        } else {
            let expected = try script.run().termination
            #expect(expected?.abuse == example.abuse)
            let cuts = Array(1..<script.whole.count)
            #expect(try script.run(cuts: cuts).termination == expected)
        }
    }

    @Test func answersThatNobodyReadsEndTheConnection() throws {
        var settings = HTTP2Settings()
        settings.limits.waitingAnswers = 50
        settings.limits.pings = RateLimit(burst: 1000, perSecond: 1000)
        var session = try HTTP2Session(.server, settings)
        let now = HTTP2Instant(nanoseconds: 0)
        let hello = Wire.hello
        try session.receive(hello.span, now: now)
        while session.nextEvent() != nil {}
        while try session.drain(limit: 1 << 20, { _ in }) {}
        let ping = Wire.ping()
        for _ in 0..<51 {
            try session.receive(ping.span, now: now)
            while session.nextEvent() != nil {}
        }
        let termination = session.termination
        #expect(termination?.abuse == .unreadAnswers)
        #expect(
            termination?.reason
                == "unread_answers: more than 50 answers to SETTINGS and PING not read")
    }

    /// A table of 4 KiB and a block of one-byte references to its one large entry.
    @Test func aHeaderBombIsNotUnpacked() throws {
        let large = String(repeating: "b", count: 4000)
        let stored = [0x40] + Array(Wire.block(["a": large]).dropFirst())
        for count in [3, 15, 16, 16_000] {
            let block = Wire.request + stored + [UInt8](repeating: 0x80 | 62, count: count)
            let bytes =
                block.count <= 16_384
                ? Wire.headers(1, block)
                : Wire.headers(1, Array(block.prefix(16_384)), 0)
                    + Wire.continuation(1, Array(block.dropFirst(16_384)), Wire.endHeaders)
            var session = try HTTP2Session(.server, HTTP2Settings())
            let all = Wire.hello + bytes
            try session.receive(all.span, now: HTTP2Instant(nanoseconds: 0))
            var tooLarge = 0
            while let event = session.nextEvent() {
                if case .headersTooLarge = event { tooLarge += 1 }
            }
            let kept = session.headerBytes.count
            #expect(kept <= 16 << 10)
            let abuse = session.termination?.abuse
            switch count {
            case 3: #expect(tooLarge == 0 && abuse == nil)
            case 15: #expect(tooLarge == 1 && abuse == nil)
            default: #expect(tooLarge == 0 && abuse == .headerListBytes)
            }
        }
    }

    /// Every stream's list is as long as it may be, by references to one large entry.
    @Test("what large header lists took is given back", arguments: [false, true])
    func headerListsAreForgotten(leavesBlockOpen: Bool) throws {
        let large = String(repeating: "b", count: 4000)
        let stored = [0x40] + Array(Wire.block(["a": large]).dropFirst())
        let block = Wire.request + [0xbe, 0xbe, 0xbe]
        var bytes = Wire.hello + Wire.headers(1, Wire.request + stored)
        for place in 1..<500 { bytes += Wire.headers(UInt32(2 * place + 1), block) }
        if leavesBlockOpen { bytes += Wire.headers(1001, block, 0) }
        var session = try HTTP2Session(.server, HTTP2Settings())
        let now = HTTP2Instant(nanoseconds: 0)
        try session.receive(bytes.span, now: now)
        while session.nextEvent() != nil {}
        let atOnce = session.headerBytes.count
        #expect(atOnce > 5 << 20)
        let next = leavesBlockOpen ? Wire.continuation(1001, [0xbe]) : Wire.ping()
        try session.receive(next.span, now: now)
        let kept = session.headerBytes.capacity
        #expect(kept <= 64 << 10)
        if leavesBlockOpen {
            let fields = session.headerFields.count
            #expect(fields >= 5)
        }
    }

    @Test func aHeaderTableIsNeverLargerThanAnnounced() throws {
        // A dynamic table size update to 4097 (RFC 7541, 6.3).
        let update = Wire.integer(4097, prefixBits: 5, 0x20)
        let outcome = try Script(bytes: Wire.headers(1, update + Wire.request)).runInAllPieces()
        #expect(outcome.termination?.code == .compressionError)
        // And a peer that offers 4 GiB for ours is not taken at its word.
        var session = try HTTP2Session(.server, HTTP2Settings())
        let offer = Wire.preface + Wire.settings([(1, 0xffff_ffff)]) + Wire.ping()
        try session.receive(offer.span, now: HTTP2Instant(nanoseconds: 0))
        while session.nextEvent() != nil {}
        let termination = session.termination
        #expect(termination == nil)
    }

    @Test("the names of limits are unique and fit for metrics")
    func names() {
        let names = HTTP2Abuse.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7a) || $0 == 0x5f })
        }
    }
}
