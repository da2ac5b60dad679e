import SagaEngine
import SagaJournal
import SagaModel
import SagaSystem
import Testing

@testable import SagaCoordinator

/// How far the replay of a journal is, by a clock that is set.
@Suite struct RecoveryMeterTests {
    @Test("A line a second at most, the first after a second")
    func lines() {
        let clock = Monitor<Int64>(5_000_000)
        let meter = RecoveryMeter { MonotonicInstant(microseconds: clock.withLock { $0 }) }
        #expect(meter.replayed(bytes: 1) == nil && meter.progress == nil)
        meter.begin(bytes: 1_000_000)
        var told: [Int64] = []
        for _ in 0..<20_000 {
            clock.withLock { $0 += 250 }
            if meter.replayed(bytes: 40) != nil { told.append(clock.withLock { $0 }) }
        }
        #expect(told.count == 4)
        #expect(told.first.map { $0 >= 6_000_000 } == true)
        for (before, after) in zip(told, told.dropFirst()) { #expect(after - before >= 1_000_000) }
        let slow = RecoveryMeter { MonotonicInstant(microseconds: clock.withLock { $0 }) }
        slow.begin(bytes: 1_000)
        var lines = 0
        for number in 1...640 {
            // A disk that stalls between two records.
            if number % 64 == 0 { clock.withLock { $0 += 1_500_000 } }
            if slow.replayed(bytes: 1) != nil { lines += 1 }
        }
        #expect(lines == 10)
    }

    private static let texts: [(RecoveryProgress, String, UInt64)] = [
        (
            RecoveryProgress(
                records: 1_234_567, doneBytes: 43_000, totalBytes: 100_000,
                elapsed: .milliseconds(3_772)), "1,234,567 records, 43 %, about 5 s left", 327_297
        ),
        (
            RecoveryProgress(records: 0, doneBytes: 0, totalBytes: 9, elapsed: .zero),
            "0 records, 0 %", 0
        ),
        (
            RecoveryProgress(
                records: 999, doneBytes: 1_200, totalBytes: 1_000, elapsed: .seconds(1)),
            "999 records, 99 %, about 1 s left", 999
        ),
        (
            RecoveryProgress(
                records: 1_000, doneBytes: 1, totalBytes: 0, elapsed: .seconds(2)),
            "1,000 records, 99 %, about 1 s left", 500
        ),
    ]

    @Test(arguments: texts.indices) func text(_ row: Int) {
        let (progress, text, rate) = Self.texts[row]
        #expect(progress.text == text)
        #expect(progress.recordsPerSecond == rate)
    }

    @Test("Of a journal on a slow disk it is told how far its replay is, a line a second at most")
    func slowStorage() throws {
        let storage = MemoryStorage()
        var rig = try EventRig.begin(storage)
        try rig.define()
        for number in 1...400 { try rig.start(UInt64(number)) }
        #expect(rig.segments >= 4)
        let clock = Monitor<Int64>(0)
        let meter = RecoveryMeter { MonotonicInstant(microseconds: clock.withLock { $0 }) }
        var settings = EventRig.settings
        settings.willRead = { meter.begin(bytes: $0) }
        var lines: [RecoveryProgress] = []
        let slow = SlowStorage(storage.afterCrash { _ in true }) {
            clock.withLock { $0 += 400_000 }
        }
        let recovered = try RecoveredCoordinator.open(
            slow, settings, limits: Limits(), now: { Instant(microseconds: 1_000_000) },
            replayed: { bytes in
                if let progress = meter.replayed(bytes: bytes) { lines.append(progress) }
            })
        #expect(recovered.engine.liveSagas == 400)
        #expect(lines.count > 2, "\(lines)")
        for (before, after) in zip(lines, lines.dropFirst()) {
            #expect(after.elapsed - before.elapsed >= .seconds(1))
            #expect(after.percent >= before.percent && after.records > before.records)
        }
        let end = try #require(meter.progress)
        #expect(end.records == UInt64(recovered.journal.recovered.records))
        #expect((80...99).contains(end.percent), "\(end)")
    }
}

/// A storage that says when a file is read.
private final class SlowStorage: Storage {
    private let disk: any Storage
    private let read: @Sendable () -> Void

    init(_ disk: any Storage, read: @escaping @Sendable () -> Void) {
        self.disk = disk
        self.read = read
    }

    var location: String { disk.location }

    func facts() throws(SystemFailure) -> Directory.Facts { try disk.facts() }
    func freeBytes() throws(SystemFailure) -> UInt64? { try disk.freeBytes() }
    func makePrivate() throws(SystemFailure) { try disk.makePrivate() }
    func lock(process: Int32) throws(SystemFailure) -> StorageLock {
        try disk.lock(process: process)
    }
    func unlock() { disk.unlock() }
    func list() throws(SystemFailure) -> [String] { try disk.list() }
    func create(_ name: String) throws(SystemFailure) -> any StorageFile {
        try disk.create(name)
    }
    func open(_ name: String) throws(SystemFailure) -> any StorageFile {
        SlowFile(try disk.open(name), read)
    }
    func rename(_ old: String, to new: String) throws(SystemFailure) {
        try disk.rename(old, to: new)
    }
    func remove(_ name: String) throws(SystemFailure) { try disk.remove(name) }
    func syncDirectory() throws(SystemFailure) { try disk.syncDirectory() }

    private final class SlowFile: StorageFile {
        private let file: any StorageFile
        private let read: @Sendable () -> Void

        init(_ file: any StorageFile, _ read: @escaping @Sendable () -> Void) {
            self.file = file
            self.read = read
        }

        func size() throws(SystemFailure) -> Int { try file.size() }
        func read(
            at offset: Int, count: Int, uncached: Bool, into bytes: inout [UInt8]
        ) throws(SystemFailure) {
            read()
            try file.read(at: offset, count: count, uncached: uncached, into: &bytes)
        }
        func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemFailure) {
            try file.write(bytes, at: offset)
        }
        func syncData() throws(SystemFailure) { try file.syncData() }
        func sync() throws(SystemFailure) { try file.sync() }
    }
}
