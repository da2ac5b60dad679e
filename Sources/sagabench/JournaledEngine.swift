internal import DequeModule
internal import SagaCoordinator
internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaSystem

/// An engine with its driver and journal, as the daemon has them: every turn is written and synced.
struct JournaledEngine: LoadedEngine, ~Copyable {
    private var driver: Driver
    private var journal: Journal
    private var batch = FrameBatch()
    /// Records that were committed.
    var records: Int { journal.statistics.records }
    /// Bytes of their frames.
    var bytes: Int { journal.statistics.bytesWritten }

    /// Begins a journal in an empty directory.
    init(_ directory: String, _ limits: EngineLimits) throws {
        driver = Driver(Engine(limits: limits))
        journal = try Journal.open(
            FileStorage(directory: directory), BenchmarkedJournal.settings
        ) { _, _ in }
    }

    mutating func step(_ inputs: inout UniqueDeque<Input>, now: Instant) throws -> [Effect] {
        var list: [Input] = []
        list.reserveCapacity(inputs.count)
        while let input = inputs.popFirst() { list.append(input) }
        var effects: [Effect] = []
        var isBehind = true
        while isBehind {
            isBehind = driver.turn(list, now: now, into: &batch).isBehind
            list.removeAll()
            effects += driver.release(durable: try journal.commit(&batch))
        }
        return effects
    }

    /// Marks all as durable, as a coordinator does that stops.
    mutating func end() throws { try journal.mark() }
}

/// A journal without a coordinator around it.
enum BenchmarkedJournal {
    /// As the daemon has them; a memory file system is taken too, and is no disk.
    static var settings: JournalSettings {
        JournalSettings(
            limits: JournalLimits(segmentBytes: Limits().segmentBytes), preparation: .onThread,
            allowsVolatile: true, user: ThisProcess.effectiveUser,
            process: ThisProcess.identifier, entropy: { SystemRandom.word() },
            microseconds: { MonotonicInstant.now().microseconds })
    }
}
