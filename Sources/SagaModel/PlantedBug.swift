#if PLANTED_BUGS
    internal import Synchronization
#endif

/// A rule that can be broken on purpose, to see that simulated worlds find out.
///
/// Compiled in with `SAGA_PLANTED_BUGS=1` alone; in all other builds none is ever planted, and the
/// code behind it is gone.
package enum PlantedBug: UInt8, CaseIterable, Sendable {
    // The journal.
    /// What was written counts as durable without a sync.
    case acknowledgesBeforeSync
    /// A new segment is used before its name is durable.
    case skipsDirectorySync
    /// A frame says of itself that it is durable.
    case marksTooEarly
    /// The first records of a group count without those that a crash has taken.
    case acceptsTornGroups
    /// A segment is deleted before the list without it is durable.
    case deletesBeforeListing
    /// What is stated anew leaves out the waits.
    case restatesNoWaits
    /// What is stated anew leaves out the verbs.
    case restatesNoVerbs

    // The driver.
    /// What follows from a record leaves before it is written.
    case releasesBeforeDurable

    // A full disk.
    /// What waited for room does not go on when there is some.
    case losesSpaceWakeUps
    /// Forward work is handed out while the last segment is written.
    case handsOutInSpare

    // Participants and their sessions.
    /// A participant that undoes what never ran does not bar it from running later.
    case dropsTombstone
    /// A session does not say which results it holds when it is back.
    case forgetsResults
    /// A stale answer does not give its slot back.
    case keepsSlots

    // The way forward.
    /// An answer is taken whatever attempt it is for.
    case acceptsStaleResults
    /// A step runs as soon as one of those that it waits for has ended.
    case joinsEarly
    /// What waits for a step is not looked at when it has succeeded.
    case losesWakeUps
    /// A step is tried again however often it has failed.
    case ignoresMaxAttempts
    /// What a deferred attempt is answered with is not recorded.
    case losesCompletions
    /// A verb that has no effect is acknowledged and not recorded.
    case forgetsIdleVerbs
    /// A handler's silence is not noticed.
    case watchesNoHeartbeats
    /// Queued tasks of a suspended saga are handed out.
    case dispatchesWhileSuspended
    /// A business key is free as soon as its saga has ended.
    case freesKeysEarly

    /// A saga that is resumed before its start time does not start.
    case forgetsStartAfterResume
    /// Whether progress is kept depends on what only this life knows.
    case keepsProgressByChance

    // The way back.
    /// A step is undone before those that came after it.
    case undoesInAnyOrder
    /// What is undone is undone once more.
    case undoesTwice
    /// A step that may have run is not undone.
    case forgetsDoubt
    /// A no counts though an attempt before it may still run.
    case believesLateNo
    /// What is in flight when a saga goes back is not waited for.
    case awaitsNoAnswers
    /// A success that comes while a saga goes back is not undone.
    case forgetsLateAnswers
    /// An optional step that failed in doubt is not undone.
    case leavesOptionalSteps
    /// What has failed past the pivot goes back.
    case goesBackPastPivot
    /// A saga that has passed its pivot is cancelled.
    case cancelsPastPivot

    // Child sagas.
    /// A parent does not hear of the end of its child.
    case losesChildEnds
    /// A completed child is left as it is when its parent goes back.
    case leavesChildren

    // A life after a life.
    /// A restart forgets what waits for a time.
    case forgetsWaitsAtRestart
    /// A restart forgets the timeouts of sagas.
    case forgetsTimeoutsAtRestart
    /// A restart forgets attempts that nobody has named.
    case forgetsAttemptsAtRestart
    /// An attempt of an earlier life is handed out once more.
    case handsOutTwice
    /// A restart frees the business keys.
    case freesKeysAtRestart
    /// Something is done in the order of a Set, which differs from process to process.
    case iteratesSet

    /// Its name, e.g. `skips-directory-sync`.
    package var name: String {
        "\(self)".reduce(into: "") { name, letter in
            name += letter.isUppercase ? "-\(letter.lowercased())" : "\(letter)"
        }
    }

    /// The bug of a name.
    package init?(name: String) {
        guard let bug = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = bug
    }

    #if PLANTED_BUGS
        /// The bug of this process, plus one; 0 for none.
        private static let chosen = Atomic<UInt8>(0)

        /// Whether this build can have bugs planted.
        package static let areCompiledIn = true

        /// Whether this is the bug of this process.
        package var isPlanted: Bool {
            Self.chosen.load(ordering: .relaxed) == rawValue + 1
        }

        /// Plants one bug, in place of another one; nil takes it away.
        package static func plant(_ bug: PlantedBug?) {
            chosen.store(bug.map { $0.rawValue + 1 } ?? 0, ordering: .relaxed)
        }
    #else
        /// Whether this build can have bugs planted.
        package static let areCompiledIn = false

        /// Whether this is the bug of this process.
        @inlinable package var isPlanted: Bool { false }

        /// Plants one bug, in place of another one; nil takes it away.
        package static func plant(_ bug: PlantedBug?) {
            precondition(bug == nil, "this build has no bugs to plant")
        }
    #endif
}
