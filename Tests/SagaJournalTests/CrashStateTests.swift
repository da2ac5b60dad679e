import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// Every state that a disk can be in after a power cut, at each operation of small workloads.
@Suite struct CrashStateTests {
    /// What was appended, by position: its payload's checksum, and whether its group goes on.
    private struct Appended {
        var checksum: UInt32
        var continues: Bool
    }

    /// What a workload did.
    private struct Recording {
        var start: [String: [UInt8]] = [:]
        var acknowledgedBefore: UInt64 = 0
        var freedBefore: UInt64 = 0
        var operations: [RecordingStorage.Operation]
        var appended: [Appended]

        /// How many files were deleted.
        var removals: Int {
            operations.count { operation in
                if case .remove = operation { true } else { false }
            }
        }
    }

    /// What was looked at, and what was wrong with it.
    private struct Outcome {
        var states = 0
        var torn = 0
        var recoveries = 0
        var violations: [String] = []

        mutating func add(_ other: Outcome) {
            states += other.states
            torn += other.torn
            recoveries += other.recoveries
            violations += other.violations
        }
    }

    /// Bytes of the groups of a workload, over four to six segments of 8 KiB.
    private static let sizes: [[Int]] = [
        [40], [3, 700, 9], [1_500], [1, 1], [600, 20], [2_500], [10], [1_200, 1_200], [300],
        [3_000], [5, 5, 5, 5], [900], [90], [2_000, 7], [33], [1_000], [64, 64], [3_500],
    ]

    private static func settings(
        _ preparation: JournalSettings.Preparation = .inline
    ) -> JournalSettings {
        testSettings(segmentBytes: 8 << 10, windowBytes: 4 << 10, preparation: preparation)
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 { CRC32C.checksum(bytes.span) }

    /// Appends groups, a few lives long, and writes down what reaches the disk.
    private static func record(
        _ preparation: JournalSettings.Preparation, lives: Int, start: [String: [UInt8]] = [:],
        after before: [Appended] = [], acknowledged: UInt64 = 0, frees: Bool = false
    ) throws -> Recording {
        let storage = RecordingStorage(start)
        var appended = before
        for life in 0..<lives {
            let count = sizes.count / lives
            try withJournal(storage, settings(preparation)) { journal in
                // What was torn off is not there any more.
                appended.removeSubrange(Int(journal.lastPosition.rawValue)...)
                for number in life * count..<(life + 1) * count {
                    let group = sizes[number].enumerated().map { payload(number * 8 + $0, $1) }
                    for (index, bytes) in group.enumerated() {
                        appended.append(
                            Appended(
                                checksum: checksum(bytes), continues: index < group.count - 1))
                    }
                    // Every third in one batch with another one.
                    let other = payload(number, 50)
                    let isDouble = number % 3 == 0
                    if isDouble {
                        appended.append(Appended(checksum: checksum(other), continues: false))
                    }
                    try journal.commit(isDouble ? [group, [other]] : [group])
                    storage.note(.acknowledged(journal.durablePosition.rawValue))
                    if number % 4 == 0 { try journal.mark() }
                    if frees, number % 5 == 2, let newest = journal.sealed.last {
                        storage.note(.askedToFree(newest.lastPosition.rawValue))
                        journal.free(through: newest.lastPosition)
                    }
                }
            }
        }
        return Recording(
            start: start, acknowledgedBefore: acknowledged, operations: storage.operations,
            appended: appended)
    }

    /// Appends groups to a disk that has room for all but the last segments, in two lives: what does
    /// not fit waits until there is room.
    private static func recordOnFullDisk() throws -> Recording {
        let storage = RecordingStorage()
        storage.setCapacity(20 << 10)
        var appended: [Appended] = []
        for life in 0..<2 {
            try withJournal(storage, settings()) { journal in
                appended.removeSubrange(Int(journal.lastPosition.rawValue)...)
                var now: Int64 = 0
                for number in 0..<sizes.count {
                    var batch = FrameBatch()
                    let group = sizes[number].enumerated().map { payload(number * 8 + $0, $1) }
                    for (index, bytes) in group.enumerated() {
                        let continues = index < group.count - 1
                        appended.append(Appended(checksum: checksum(bytes), continues: continues))
                        batch.append(
                            type: testType, at: JournalPosition(UInt64(appended.count)),
                            saga: .none, continues: continues
                        ) { $0.append(contentsOf: bytes) }
                    }
                    for attempt in 0... where !batch.isEmpty {
                        try #require(attempt < 10, "what waits for room goes on")
                        now += 300_000
                        _ = journal.lookAtSpace(at: now)
                        let durable = try journal.commitWhatFits(&batch)
                        storage.note(.acknowledged(durable.rawValue))
                        guard !batch.isEmpty else { break }
                        try journal.mark()
                        storage.setCapacity(storage.usedBytes + (10 << 10) * (life + 1))
                    }
                }
            }
        }
        return Recording(operations: storage.operations, appended: appended)
    }

    /// Goes through the prefixes of a recording and some states of each.
    private static func explore(
        _ recording: Recording, states perPrefix: Int, depth: Int, seed: inout UInt64
    ) -> Outcome {
        var outcome = Outcome()
        var disk = DiskImage(
            recording.start, acknowledged: recording.acknowledgedBefore,
            askedToFree: recording.freedBefore)
        for operation in recording.operations {
            disk.apply(operation)
            for _ in 0..<(disk.hasPending ? perPrefix : 1) {
                let state = disk.state(seed: splitMix(&seed))
                outcome.states += 1
                let goesOn = outcome.states % 16 == 0
                let isTorn = check(
                    state, recording.appended, disk.acknowledged, freed: disk.askedToFree,
                    goesOn: goesOn, &outcome)
                if isTorn { outcome.torn += 1 }
                // The power may go again while this state is recovered.
                if depth > 0, isTorn ? outcome.torn % 8 == 0 : outcome.states % 256 == 0 {
                    outcome.recoveries += 1
                    outcome.add(
                        exploreRecovery(
                            state, recording.appended, disk.acknowledged, freed: disk.askedToFree,
                            depth, &seed))
                }
            }
        }
        return outcome
    }

    private static func exploreRecovery(
        _ state: [String: [UInt8]], _ appended: [Appended], _ acknowledged: UInt64, freed: UInt64,
        _ depth: Int, _ seed: inout UInt64
    ) -> Outcome {
        let storage = RecordingStorage(state)
        guard (try? visitNothing(storage)) != nil else { return Outcome() }
        let recording = Recording(
            start: state, acknowledgedBefore: acknowledged, freedBefore: freed,
            operations: storage.operations, appended: appended)
        return explore(recording, states: 6, depth: depth - 1, seed: &seed)
    }

    private static func visitNothing(_ storage: any Storage) throws -> RecoveryReport {
        let journal = try Journal.open(storage, settings()) { _, _ in }
        return journal.recovered
    }

    /// Opens a state; whether a torn tail was found.
    private static func check(
        _ state: [String: [UInt8]], _ appended: [Appended], _ acknowledged: UInt64, freed: UInt64,
        goesOn: Bool, _ outcome: inout Outcome
    ) -> Bool {
        let storage = ImageStorage(state)
        do {
            let (survivors, report) = try read(storage, appended, freed: freed)
            if try unlisted(in: storage) {
                outcome.violations.append("a segment is not listed")
            }
            if survivors < acknowledged {
                outcome.violations.append("\(survivors) of \(acknowledged) acknowledged")
            }
            if goesOn {
                try append(to: storage)
                let (later, second) = try read(
                    storage, appended, freed: freed, extra: survivors + 1)
                if later != survivors + 1 || !second.tornTails.isEmpty {
                    outcome.violations.append("\(later) records after \(survivors) and one more")
                }
            }
            return !report.tornTails.isEmpty
        } catch {
            outcome.violations.append("\(error)")
            return false
        }
    }

    /// Whether an opened journal has the file of a segment that its manifest does not list.
    private static func unlisted(in storage: ImageStorage) throws -> Bool {
        let bytes = storage.contents(Manifest.name) ?? []
        let manifest = try Manifest(bytes.span, file: Manifest.name)
        let numbers = Set(manifest.entries.map(\.number))
        return try storage.list().compactMap(SegmentName.number).contains { !numbers.contains($0) }
    }

    private static let extraPayload = payload(250, 700)

    private static func append(to storage: ImageStorage) throws {
        var journal = try Journal.open(storage, settings()) { _, _ in }
        try journal.commit([[extraPayload]])
    }

    private struct Wrong: Error {
        var position: JournalPosition
    }

    /// Reads all records and compares them with what was appended, up to an extra one.
    private static func read(
        _ storage: ImageStorage, _ appended: [Appended], freed: UInt64, extra: UInt64 = 0
    ) throws -> (survivors: UInt64, report: RecoveryReport) {
        var last: UInt64 = 0
        var isWhole = true
        let extraSum = extra == 0 ? 0 : checksum(extraPayload)
        let journal = try Journal.open(storage, settings()) { header, payload in
            // What was asked to be freed may be gone, from the old end on.
            let isFirst = last == 0
            last = isFirst ? header.position.rawValue : last + 1
            guard !isFirst || last <= freed + 1 else { throw Wrong(position: header.position) }
            let isExtra = last == extra
            let expected =
                isExtra ? Appended(checksum: extraSum, continues: false) : appended[Int(last) - 1]
            isWhole = !header.flags.contains(.continues)
            guard header.position.rawValue == last, expected.continues == !isWhole,
                CRC32C.checksum(payload) == expected.checksum
            else { throw Wrong(position: header.position) }
        }
        guard isWhole else { throw Wrong(position: journal.lastPosition) }
        return (last, journal.recovered)
    }

    private static func report(_ name: String, _ outcome: Outcome) {
        print(
            "crash states, \(name): \(outcome.states) states, \(outcome.torn) torn, "
                + "\(outcome.recoveries) recoveries cut in turn, "
                + "\(outcome.violations.count) violations")
    }

    // MARK: -

    @Test("No state after a power cut loses an acknowledged record or is refused")
    func everyState() throws {
        var all = Outcome()
        var seed: UInt64 = 41
        for (name, lives, preparation, perPrefix) in [
            ("three lives", 3, JournalSettings.Preparation.inline, 18),
            ("segments made on a thread", 2, .onThread, 8),
        ] {
            let recording = try Self.record(preparation, lives: lives)
            let outcome = Self.explore(recording, states: perPrefix, depth: 2, seed: &seed)
            Self.report(name, outcome)
            all.add(outcome)
        }
        let full = Self.explore(
            try Self.recordOnFullDisk(), states: 8, depth: 1, seed: &seed)
        Self.report("on a disk that gets full", full)
        #expect(full.states > 1_000)
        all.add(full)
        // A life that begins by cutting off a torn tail, in a segment that has one before it.
        let first = try Self.record(.inline, lives: 1)
        let (torn, acknowledged) = try #require(Self.tornState(first, seed: &seed))
        let second = try Self.record(
            .inline, lives: 1, start: torn, after: first.appended, acknowledged: acknowledged)
        let outcome = Self.explore(second, states: 12, depth: 1, seed: &seed)
        Self.report("after a torn tail", outcome)
        all.add(outcome)
        for (name, preparation, perPrefix) in [
            ("segments freed", JournalSettings.Preparation.inline, 12),
            ("segments made and freed on threads", .onThread, 8),
        ] {
            let recording = try Self.record(preparation, lives: 3, frees: true)
            #expect(recording.removals >= (preparation == .inline ? 3 : 1))
            let outcome = Self.explore(recording, states: perPrefix, depth: 1, seed: &seed)
            Self.report(name, outcome)
            all.add(outcome)
        }
        #expect(all.violations.isEmpty, "\(all.violations.prefix(5))")
        #expect(all.states >= 20_000)
        #expect(all.torn > all.states / 20)
        #expect(all.recoveries > 50)
    }

    /// A state with a torn tail behind the first segment.
    private static func tornState(
        _ recording: Recording, seed: inout UInt64
    ) -> (state: [String: [UInt8]], acknowledged: UInt64)? {
        var disk = DiskImage()
        for (index, operation) in recording.operations.enumerated() {
            disk.apply(operation)
            guard index > recording.operations.count / 2, disk.hasPending else { continue }
            for _ in 0..<8 {
                let state = disk.state(seed: splitMix(&seed))
                let report = try? visitNothing(ImageStorage(state))
                if report?.cases.values.contains(.tailTorn) == true {
                    return (state, disk.acknowledged)
                }
            }
        }
        return nil
    }

    /// The control: without one kind of sync, records are lost or journals refused.
    @Test("A disk that only pretends to sync is found out", arguments: ["files", "directory"])
    func lyingDisk(_ what: String) throws {
        var recording = try Self.record(.inline, lives: 2)
        recording.operations.removeAll { operation in
            switch operation {
            case .sync: what == "files"
            case .syncDirectory: what == "directory"
            case .create, .write, .rename, .remove, .acknowledged, .askedToFree: false
            }
        }
        var seed: UInt64 = 7
        let outcome = Self.explore(recording, states: 2, depth: 0, seed: &seed)
        Self.report("without syncs of \(what)", outcome)
        #expect(outcome.violations.count > outcome.states / 10)
    }
}
