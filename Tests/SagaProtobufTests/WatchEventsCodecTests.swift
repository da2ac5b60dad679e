import SagaModel
import SagaProtobuf
import Testing

/// `WatchEvents` on the wire.
@Suite struct WatchEventsCodecTests {
    private static let cursor = EventCursor(bytes: [0, 1, 2, 250, 255])

    static let watches: [WatchMessage] = [
        WatchMessage(namespace: "default"),
        WatchMessage(namespace: "shop", start: .oldest, saga: .id(Samples.id)),
        WatchMessage(
            namespace: "shop", start: .after(cursor), saga: .key(definition: "order", key: "o-1"),
            definition: "order", version: 3, labels: Samples.labels, kinds: EventKind.allCases),
    ]

    static let events: [SagaEvent] = EventKind.allCases.map { kind in
        var event = SagaEvent(
            kind, of: Samples.id, definition: "order", version: 3, key: "o-1", at: Samples.at,
            position: JournalPosition(.max), cursor: cursor)
        guard kind != .sagaStarted else { return event }
        event.step = "charge"
        event.direction = .compensation
        event.token = Samples.token
        event.participant = "payments/p-1"
        event.took = .milliseconds(11)
        event.failure = Samples.failure
        event.childSagaID = Samples.id
        event.attention = .noParticipant
        event.verb = SagaEvent.GivenVerb(verb: .skip, principal: Samples.verified, reason: "why")
        return event
    }

    static func encode(_ watch: WatchMessage) -> [UInt8] {
        Codecs.encode { SagaServiceCodec.encodeWatchEventsRequest(watch, into: &$0, arena: &$1) }
    }

    static func encode(_ told: WatchAnswer) -> [UInt8] {
        Codecs.encode { SagaServiceCodec.encodeWatchEvents(told, into: &$0, arena: &$1) }
    }

    private static func read(_ bytes: [UInt8]) throws(CodecFailure) -> WatchMessage {
        var arena = DecodingArena(limit: Codecs.limit)
        return try SagaServiceCodec.decodeWatchEvents(
            bytes.span, limits: CodecLimits(), arena: &arena)
    }

    private static func told(_ bytes: [UInt8]) throws(CodecFailure) -> WatchAnswer {
        var arena = DecodingArena(limit: Codecs.limit)
        return try SagaServiceCodec.decodeWatchEventsResponse(
            bytes.span, limits: CodecLimits(), arena: &arena)
    }

    @Test func requestsReadBack() throws {
        for watch in Self.watches { #expect(try Self.read(Self.encode(watch)) == watch) }
        var twice = Self.watches[0]
        twice.kinds = [.stepFailed, .sagaFailed, .stepFailed]
        #expect(try Self.read(Self.encode(twice)).kinds == [.stepFailed, .sagaFailed])
    }

    @Test func answersReadBack() throws {
        for event in Self.events {
            let told = WatchAnswer(event: event, cursor: Self.cursor)
            #expect(try Self.told(Self.encode(told)) == told)
        }
        let moved = WatchAnswer(cursor: Self.cursor, unreadableRecords: .max)
        #expect(try Self.told(Self.encode(moved)) == moved)
    }

    /// Field 3 of the request is `from`, 5 the definition, 6 the labels, 7 the kinds; 9 is the kind
    /// ATTENTION_RAISED, which nothing tells of.
    @Test(
        arguments: [
            ([0x18, 3], "from"), ([0x2A, 2, 0x10, 1], "definition.name"), ([0x22, 0], "saga"),
            ([0x32, 3, 0x12, 1, 0x61], "labels[]"), ([0x3A, 2, 1, 99], "kinds"),
        ] as [([UInt8], String)])
    func whatIsWrongIsNamed(bytes: [UInt8], field: String) {
        do throws(CodecFailure) {
            _ = try Self.read(bytes)
            Issue.record("it was read")
        } catch {
            #expect(error.field == field)
        }
    }

    @Test func aDefinitionBesideThatOfTheKeyIsRefused() {
        let watch = WatchMessage(
            namespace: "shop", saga: .key(definition: "order", key: "o-1"), definition: "orders")
        let failure = #expect(throws: CodecFailure.self) { try Self.read(Self.encode(watch)) }
        #expect(failure?.field == "definition.name")
    }

    /// The first field of the event is its kind, a varint of one byte.
    @Test func aKindOfALaterReleaseIsPassedOver() throws {
        var bytes = Self.encode(WatchAnswer(event: Self.events[1], cursor: Self.cursor))
        let place = try #require(bytes.firstIndex(of: 0x08))
        bytes[place + 1] = 100
        #expect(try Self.told(bytes) == WatchAnswer(cursor: Self.cursor))
    }

    @Test func cursorsAreTextToo() {
        #expect(EventCursor(Self.cursor.description) == Self.cursor)
        for text in ["", "a", "no cursor", "AAAA="] { #expect(EventCursor(text) == nil, "\(text)") }
    }
}
