import SagaJournal
import SagaModel
import SagaSystem
import Testing

/// Power cuts after every operation of a small workload, with what was not synced lost or kept.
@Suite struct CrashTests {
    /// The groups of the workload, each a payload that names its place.
    private static let sizes: [[Int]] = [
        [40], [3, 700, 9], [5_000], [1, 1], [2_500], [2_500, 20], [7_000], [10], [6_000], [300],
    ]

    /// What a run was told.
    private struct Told {
        var acknowledged: UInt64 = 0
        var submitted: [TestRecord] = []
    }

    /// Runs until the power goes, over two starts; never learns more than a real process would.
    private static func run(_ storage: MemoryStorage, _ told: inout Told) {
        var next = 0
        for part in 0..<2 {
            let isOver =
                (try? withJournal(storage, settings) { journal in
                    let end = part == 0 ? sizes.count / 2 : sizes.count
                    while next < end {
                        let group = sizes[next].enumerated().map { payload(next * 8 + $0, $1) }
                        for (index, bytes) in group.enumerated() {
                            told.submitted.append(
                                TestRecord(
                                    position: UInt64(told.submitted.count + 1), payload: bytes,
                                    continues: index < group.count - 1))
                        }
                        try journal.commit([group])
                        told.acknowledged = journal.durablePosition.rawValue
                        next += 1
                        if next % 3 == 0 { try journal.mark() }
                    }
                }) == nil
            if isOver { return }
        }
    }

    private static var settings: JournalSettings { testSettings(segmentBytes: 12 << 10) }

    /// Opens a state of the disk after the crash, twice, and compares with what was told.
    private static func check(_ storage: MemoryStorage, _ told: Told, _ note: Comment) {
        do {
            var survivors = 0
            let opened = try withJournal(storage, settings) { journal in
                survivors = Int(journal.lastPosition.rawValue)
                try journal.commit([[payload(250, 2_000)]])
            }
            #expect(survivors >= told.acknowledged, note)
            #expect(opened.records == Array(told.submitted.prefix(survivors)), note)
            #expect(opened.records.last?.continues != true, note)
            #expect(try withJournal(storage, settings).records.count == survivors + 1, note)
        } catch {
            Issue.record("\(error): \(note)")
        }
    }

    private static let powerOff: @Sendable (Int) -> MemoryStorage.Fault = { last in
        { _, _, number in number >= last ? .noDevice : nil }
    }

    @Test func nothingAcknowledgedIsLostAndNothingRefused() {
        let whole = MemoryStorage()
        var told = Told()
        Self.run(whole, &told)
        #expect(told.submitted.count == 14 && told.acknowledged == 14)
        #expect(whole.operationCount > 80)
        var seed: UInt64 = 11
        for last in 0...whole.operationCount {
            let storage = MemoryStorage(fault: Self.powerOff(last))
            var told = Told()
            Self.run(storage, &told)
            Self.check(storage.afterCrash { _ in false }, told, "lost, after \(last)")
            Self.check(storage.afterCrash { _ in true }, told, "kept, after \(last)")
            for _ in 0..<6 {
                let oddsOf4 = splitMix(&seed) % 3 + 1
                var draw = splitMix(&seed)
                let state = storage.afterCrash { _ in splitMix(&draw) % 4 < oddsOf4 }
                Self.check(state, told, "mixed, after \(last)")
            }
        }
    }

    /// One operation fails, some more are done, then the power goes: what is tried again after a
    /// failure must not undo what the failed call did after all.
    @Test func nothingIsLostWhenAnErrorComesFirst() {
        let whole = MemoryStorage()
        var told = Told()
        Self.run(whole, &told)
        for failing in 0..<whole.operationCount {
            for more in [1, 2, 5, 8] {
                let storage = MemoryStorage(fault: { _, _, number in
                    if number >= failing + more { return .noDevice }
                    return number == failing ? .noSpace : nil
                })
                // A sync that fails may have done its work all the same.
                let isDone = more % 2 == 0
                storage.setEffectOfFailedOperations(isDone)
                var told = Told()
                Self.run(storage, &told)
                let note: Comment = "error at \(failing), off \(more) later"
                Self.check(storage.afterCrash { _ in false }, told, note)
                Self.check(storage.afterCrash { _ in true }, told, note)
            }
        }
    }

    @Test func crashDuringRecoveryIsAStartAgain() throws {
        // A torn tail in a rotated segment, then power cuts at every operation of its repair.
        let storage = MemoryStorage()
        var told = Told()
        Self.run(storage, &told)
        let newest = try #require(
            storage.list().filter { $0.hasSuffix(".segment") }.dropLast().last)
        var bytes = try #require(storage.contents(newest))
        let end = try #require(bytes.lastIndex { $0 != 0 })
        for index in end + 9..<end + 600 { bytes[index] = UInt8(truncatingIfNeeded: index | 1) }
        storage.replace(newest, with: bytes)
        var seed: UInt64 = 5
        var last = 0
        var isWhole = false
        while !isWhole {
            let torn = storage.afterCrash { _ in true }
            torn.setFault(Self.powerOff(last))
            isWhole = (try? withJournal(torn, Self.settings)) != nil
            for _ in 0..<6 {
                var draw = splitMix(&seed)
                let state = torn.afterCrash { _ in splitMix(&draw) % 2 == 0 }
                Self.check(state, told, "recovery cut after \(last)")
            }
            last += 1
        }
        #expect(last > 8)
    }

    /// The control: a storage that only pretends to sync must be caught.
    @Test func aDiskThatLiesIsSeen() {
        let storage = MemoryStorage()
        var told = Told()
        Self.run(storage, &told)
        let lying = MemoryStorage()
        for name in (try? storage.list()) ?? [] {
            var bytes = storage.contents(name) ?? []
            if name == "0000000001.segment" {
                for index in 4096 + 500..<bytes.count { bytes[index] = 0 }
            }
            lying.replace(name, with: bytes)
        }
        #expect(throws: JournalFailure.self) { try withJournal(lying, Self.settings) }
    }
}
