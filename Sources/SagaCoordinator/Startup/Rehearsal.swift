internal import SagaEngine
package import SagaJournal
internal import SagaModel
internal import SagaProtobuf
internal import SagaSystem

/// What a start in a data directory would find: its journal replayed, and nothing written.
///
/// For the time before an upgrade: the new release says what it makes of the journal that the old
/// one is still writing.
package struct Rehearsal: Sendable {
    /// What is told, a line each.
    package private(set) var lines: [String] = []
    /// Whether every record could be replayed, and what was replayed agrees with itself.
    package private(set) var isClean = true
    /// Whether it is a backup, which starts only with `--restored`.
    package private(set) var isBackup = false

    /// Replays the journal of a directory, which may be in use.
    ///
    /// - Throws: what a start would be refused for.
    package static func run(
        _ directory: String, _ limits: Limits
    ) throws(JournalFailure) -> Rehearsal {
        try run(
            FileStorage(directory: directory, isReadOnly: true), limits,
            now: { CoordinatorClock().now() })
    }

    /// Replays the journal in a storage.
    static func run(
        _ storage: any Storage, _ limits: Limits, now: () -> Instant
    ) throws(JournalFailure) -> Rehearsal {
        let began = now()
        let isBackup = (try? storage.list().contains(BackupMark.name)) == true
        if isBackup, (try? BackupMark.saysUnfinished(in: storage)) == true {
            throw .unfinishedBackup(path: storage.location)
        }
        var engine = Engine(limits: limits.engine)
        var arena = DecodingArena(limit: limits.decodedBytes)
        var ignored = 0
        let survey = try JournalSurvey.run(storage) { frame, payload in
            if frame.flags.contains(.ignorable) { ignored += 1 }
            try RecoveredCoordinator.replay(frame, payload, &engine, &arena)
        }
        try RecoveredCoordinator.endReplay(&engine, storage)
        var rehearsal = Rehearsal()
        if isBackup {
            rehearsal.isBackup = true
            rehearsal.lines.append(
                "\(storage.location) is a backup: a start needs --restored, and gives it an "
                    + "incarnation of its own")
        }
        rehearsal.tell(survey, ignored: ignored, took: now() - began)
        rehearsal.tellSagas(&engine, survey.lineage, now: now())
        return rehearsal
    }

    private mutating func tell(_ survey: JournalSurvey, ignored: Int, took: Duration) {
        let milliseconds = took.microseconds / 1_000
        lines.append(
            "journal \(survey.lineage): \(survey.records) records in \(survey.segments.count) "
                + "segments, the last at position \(survey.lastPosition.rawValue), replayed in "
                + "\(milliseconds) ms")
        if ignored > 0 {
            lines.append("passed over, as their writer allows: \(ignored) records")
        }
        for torn in survey.torn {
            lines.append(
                "torn (case \(torn.foundCase.rawValue)): \(torn.file) from offset "
                    + "\(torn.offset), \(torn.byteCount) bytes, acknowledged to nobody; a start "
                    + "keeps them in a file and cuts them off")
        }
    }

    private mutating func tellSagas(
        _ engine: inout Engine, _ lineage: JournalLineage, now: Instant
    ) {
        let live = engine.liveByState
        let states = SagaState.allCases.compactMap { state in
            live[state].map { "\($0) \(state.label.lowercased())" }
        }
        lines.append("live sagas: \(states.isEmpty ? "none" : states.joined(separator: ", "))")
        let setAside = engine.setAside
        for saga in setAside {
            isClean = false
            let id = saga.id.map { "\($0)" } ?? "started at \(saga.position.rawValue)"
            lines.append("set aside: saga \(id): \(saga.message)")
        }
        let next =
            isBackup
            ? engine.lastEpoch.restored(
                behind: engine.lastPosition, atSecond: now.microseconds / 1_000_000)
            : engine.lastEpoch.next
        engine.step(
            .begin(
                Life(
                    epoch: next, lineage: SagaID(high: lineage.high, low: lineage.low), life: 1,
                    seed: 1, isRestored: isBackup)), now: now)
        lines.append(
            isBackup ? "a start now would be epoch \(next)" : "the next start is epoch \(next)")
        lines.append("timers due at once: \(engine.timersDue(by: now))")
        if let difference = engine.inconsistency() {
            isClean = false
            lines.append("difference: \(difference)")
        }
    }
}
