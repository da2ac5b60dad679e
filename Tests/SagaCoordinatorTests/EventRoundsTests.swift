import SagaJournal
import SagaModel
import SagaProtobuf
import SagaSystem
import Synchronization
import Testing

@testable import SagaCoordinator

/// Who is told what, and how much waits, without threads and sockets.
@Suite(.timeLimit(.minutes(1))) struct EventRoundsTests {
    private static func rounds(_ rig: borrowing EventRig) -> EventRounds {
        rounds(rig.storage, rig.lineage)
    }

    private static func rounds(
        _ storage: MemoryStorage, _ lineage: JournalLineage
    ) -> EventRounds {
        EventRounds(storage, lineage: lineage, decodedBytes: 1 << 20) { failure in
            Issue.record("the journal cannot be read: \(failure)")
        }
    }

    private static func watch(
        _ start: EventWatch.Start = .oldest, capBytes: Int = 1 << 20,
        _ change: (inout EventFilter) -> Void = { _ in }
    ) -> EventWatch {
        var filter = EventFilter(namespace: "shop")
        change(&filter)
        return EventWatch(filter, start, capBytes: capBytes, hasRoom: {}, hasLeft: {})
    }

    private static func taken(_ watch: EventWatch) throws -> [WatchAnswer] {
        var answers: [WatchAnswer] = []
        var arena = DecodingArena(limit: 1 << 20)
        while let message = try watch.takeNow() {
            answers.append(
                try SagaServiceCodec.decodeWatchEventsResponse(
                    message.span, limits: CodecLimits(), arena: &arena))
        }
        return answers
    }

    /// A journal with so many sagas, each with the five events of one that is cancelled at once.
    private static func rig(sagas: UInt64) throws -> EventRig {
        var rig = try EventRig.begin()
        try rig.define()
        for number in 1...sagas {
            try rig.start(number)
            try rig.cancel(number)
        }
        return rig
    }

    @Test func whoTakesNothingHoldsItsCapAndNothingElse() throws {
        let rig = try Self.rig(sagas: 200)
        var rounds = Self.rounds(rig)
        let (full, empty) = (Self.watch(capBytes: 2_000), Self.watch())
        for watch in [full, empty] { rounds.join(watch, durable: rig.durable) }
        while rounds.round(rig.durable) {}
        #expect(full.outstandingBytes <= 2_000 && full.outstandingBytes > 1_500)
        let isAwaiting = rounds.isAwaiting(rig.durable)
        #expect(isAwaiting)
        let all = try Self.taken(empty).compactMap(\.event)
        #expect(all.count == 1_000)
        var told: [SagaEvent] = []
        while told.count < 1_000 {
            let part = try Self.taken(full).compactMap(\.event)
            try #require(!part.isEmpty)
            told += part
            while rounds.round(rig.durable) {}
            #expect(full.outstandingBytes <= 2_000)
        }
        #expect(told == all)
    }

    @Test func oneMessageIsTakenWhateverItsSize() throws {
        let rig = try Self.rig(sagas: 2)
        var rounds = Self.rounds(rig)
        let watch = Self.watch(capBytes: 1)
        rounds.join(watch, durable: rig.durable)
        var told: [SagaEvent] = []
        for _ in 0..<100 {
            told += try Self.taken(watch).compactMap(\.event)
            _ = rounds.round(rig.durable)
        }
        #expect(told.count == 10)
    }

    @Test func thoseWhoLagMeetThoseAhead() throws {
        let rig = try Self.rig(sagas: 600)
        var rounds = Self.rounds(rig)
        let places = [1, 40, 120, 200].map { JournalPosition($0) }
        let watches = places.map { Self.watch(.behind($0)) } + [Self.watch()]
        for watch in watches { rounds.join(watch, durable: rig.durable) }
        var count = 0
        while rounds.round(rig.durable) { count += 1 }
        // A journal of about six pieces: read by each watcher for itself it would be thirty.
        #expect((5...12).contains(count), "\(count)")
        let all = try Self.taken(watches[4]).compactMap(\.event)
        for (place, watch) in zip(places, watches) {
            let told = try Self.taken(watch).compactMap(\.event)
            #expect(told == all.filter { $0.position > place })
        }
    }

    @Test func onePassedOverIsToldWhereItIs() throws {
        let rig = try Self.rig(sagas: 600)
        var rounds = Self.rounds(rig)
        let watch = Self.watch { $0.kinds = [.sagaFailed] }
        rounds.join(watch, durable: rig.durable)
        while rounds.round(rig.durable) {}
        let answers = try Self.taken(watch)
        #expect(answers.allSatisfy { $0.event == nil } && (2...4).contains(answers.count))
        let bytes = try #require(answers.last).cursor.bytes
        let last = RecordCursor(bytes.span)
        let position = try #require(last?.position.rawValue)
        #expect(rig.durable.rawValue - position < EventRounds.silentRecords)
    }

    @Test func sagasWithoutAReadableStartAreCountedForAll() throws {
        let rig = try Self.rig(sagas: 3)
        var rounds = Self.rounds(rig)
        let watch = Self.watch()
        rounds.join(watch, durable: rig.durable)
        while rounds.round(rig.durable) {}
        let whole = try Self.taken(watch)
        let start = try #require(
            whole.compactMap(\.event).first { $0.key == "order-2" && $0.kind == .sagaStarted })
        let verb = try #require(
            whole.compactMap(\.event).first { $0.key == "order-3" && $0.kind == .verbGiven })
        let storage = rig.storage
        _ = consume rig
        let spoilt = try EventRig.spoil([start.position, verb.position], of: storage)
        let journal = try Journal.open(spoilt, EventRig.settings) { _, _ in }
        let (lineage, durable) = (journal.lineage, journal.durablePosition)
        var again = Self.rounds(spoilt, lineage)
        let watches = [Self.watch(), Self.watch { $0.namespace = "other" }]
        for watch in watches { again.join(watch, durable: durable) }
        while again.round(durable) {}
        let told = try Self.taken(watches[0])
        #expect(
            told.compactMap(\.event).map(\.line)
                == whole.compactMap(\.event).filter { $0.key != "order-2" && $0 != verb }
                .map(\.line))
        let others = try Self.taken(watches[1])
        #expect(others.compactMap(\.event).isEmpty)
        // The start, and each later record of that saga that tells something; and the other one.
        let lost = Set(whole.compactMap(\.event).filter { $0.key == "order-2" }.map(\.position))
        for answers in [told, others] {
            #expect(answers.reduce(0) { $0 + $1.unreadableRecords } == UInt64(lost.count) + 1)
        }
    }

    /// What a watcher is told when the second segment is not as it was, while it is in the first.
    private static func refusal(
        _ change: (MemoryStorage, _ segment: String) throws -> Void
    ) throws -> (refusal: Refusal?, failures: [JournalFailure], told: Int) {
        let rig = try rig(sagas: 200)
        try #require(rig.segments > 2)
        let failures = Mutex<[JournalFailure]>([])
        var rounds = EventRounds(
            rig.storage, lineage: rig.lineage, decodedBytes: 1 << 20,
            failed: { failure in failures.withLock { $0.append(failure) } })
        let watch = watch(capBytes: 2_000)
        rounds.join(watch, durable: rig.durable)
        while rounds.round(rig.durable) {}
        let second = try #require(
            try rig.storage.list().filter { $0.hasSuffix(".segment") }.sorted().dropFirst().first)
        try change(rig.storage, second)
        var told = 0
        while true {
            let part: [WatchAnswer]
            do { part = try taken(watch) } catch let refusal as Refusal {
                return (refusal, failures.withLock { $0 }, told)
            }
            guard !part.isEmpty else { return (nil, failures.withLock { $0 }, told) }
            told += part.compactMap(\.event).count
            while rounds.round(rig.durable) {}
        }
    }

    @Test func whoIsOvertakenByTheFreeingOfSpaceIsTold() throws {
        let (refusal, failures, told) = try Self.refusal { storage, segment in
            try storage.remove(segment)
        }
        #expect(refusal?.reason == "CURSOR_OUT_OF_RANGE" && refusal?.oldestCursor != nil)
        #expect(refusal?.message.hasPrefix("what follows the cursor is not kept any more") == true)
        // Not to be able to read is no news for the operator then.
        #expect(failures == [] && (10..<1_000).contains(told))
    }

    @Test func damageEndsAWatchWithItsPlace() throws {
        let (refusal, failures, told) = try Self.refusal { storage, segment in
            try storage.open(segment).write([0xFF, 0xFF, 0xFF].span, at: 8_000)
        }
        #expect(refusal?.code == .internal && refusal?.reason == "JOURNAL_UNREADABLE")
        #expect(refusal?.message.contains(".segment") == true, "\(refusal?.message ?? "")")
        #expect(failures.count == 1 && (10..<1_000).contains(told))
    }

    @Test func whoLeavesIsForgotten() throws {
        let rig = try Self.rig(sagas: 1)
        var rounds = Self.rounds(rig)
        let left = Mutex(0)
        let watch = EventWatch(
            EventFilter(namespace: "shop"), .oldest, capBytes: 1_000, hasRoom: {},
            hasLeft: { left.withLock { $0 += 1 } })
        rounds.join(watch, durable: rig.durable)
        watch.leave()
        watch.leave()
        #expect(left.withLock { $0 } == 1 && watch.outstandingBytes == 0)
        let isBusy = rounds.round(rig.durable) || rounds.isAwaiting(rig.durable)
        #expect(!isBusy)
    }

    @Test func anEndIsToldBehindWhatWaits() throws {
        let rig = try Self.rig(sagas: 1)
        var rounds = Self.rounds(rig)
        let watch = Self.watch()
        rounds.join(watch, durable: rig.durable)
        while rounds.round(rig.durable) {}
        rounds.end(EventFeed.stopping)
        for _ in 0..<6 { #expect(try watch.takeNow() != nil) }
        #expect(throws: EventFeed.stopping) { try watch.takeNow() }
    }

    /// Every move of the mark is seen, whichever of the two comes first.
    @Test func theMarkWakesWhoWaitsForIt() throws {
        let mark = DurableMark()
        let steps: UInt64 = 20_000
        let reader = try SystemThread(name: "reader") {
            var seen = JournalPosition.none
            while seen.rawValue < steps {
                mark.wait(beyond: seen, notBefore: .now())
                seen = mark.current
            }
        }
        for step in 1...steps { mark.set(JournalPosition(step)) }
        reader.join()
        // What was seen already is no news, and a ring ends the wait.
        let other = try SystemThread(name: "other") {
            mark.wait(beyond: JournalPosition(steps), notBefore: .now())
        }
        mark.ring()
        other.join()
        #expect(mark.current.rawValue == steps)
    }
}
