#if PLANTED_BUGS
    internal import Synchronization
#endif

/// A rule that can be broken on purpose, to see that simulated worlds find out.
///
/// Compiled in with `SAGA_PLANTED_BUGS=1` alone; in all other builds none is ever planted, and the
/// code behind it is gone.
package enum PlantedBug: String, CaseIterable, Sendable {
    // The journal.
    /// What was written counts as durable without a sync.
    case acknowledgesBeforeSync = "acknowledges-before-sync"
    /// A new segment is used before its name is durable.
    case skipsDirectorySync = "skips-directory-sync"
    /// A frame says of itself that it is durable.
    case marksTooEarly = "marks-too-early"
    /// The first records of a group count without those that a crash has taken.
    case acceptsTornGroups = "accepts-torn-groups"

    // The driver.
    /// What follows from a record leaves before it is written.
    case releasesBeforeDurable = "releases-before-durable"

    // Participants and their sessions.
    /// A participant that undoes what never ran does not bar it from running later.
    case dropsTombstone = "drops-tombstone"
    /// A session does not say which results it holds when it is back.
    case forgetsResults = "forgets-results"
    /// A stale answer does not give its slot back.
    case keepsSlots = "keeps-slots"

    // The way forward.
    /// An answer is taken whatever attempt it is for.
    case acceptsStaleResults = "accepts-stale-results"
    /// A step runs as soon as one of those that it waits for has ended.
    case joinsEarly = "joins-early"
    /// What waits for a step is not looked at when it has succeeded.
    case losesWakeUps = "loses-wake-ups"
    /// A step is tried again however often it has failed.
    case ignoresMaxAttempts = "ignores-max-attempts"
    /// What a deferred attempt is answered with is not recorded.
    case losesCompletions = "loses-completions"
    /// A handler's silence is not noticed.
    case watchesNoHeartbeats = "watches-no-heartbeats"
    /// Queued tasks of a suspended saga are handed out.
    case dispatchesWhileSuspended = "dispatches-while-suspended"
    /// A business key is free as soon as its saga has ended.
    case freesKeysEarly = "frees-keys-early"

    // The way back.
    /// A step is undone before those that came after it.
    case undoesInAnyOrder = "undoes-in-any-order"
    /// What is undone is undone once more.
    case undoesTwice = "undoes-twice"
    /// A step that may have run is not undone.
    case forgetsDoubt = "forgets-doubt"
    /// A no counts though an attempt before it may still run.
    case believesLateNo = "believes-late-no"
    /// What is in flight when a saga goes back is not waited for.
    case awaitsNoAnswers = "awaits-no-answers"
    /// A success that comes while a saga goes back is not undone.
    case forgetsLateAnswers = "forgets-late-answers"
    /// An optional step that failed in doubt is not undone.
    case leavesOptionalSteps = "leaves-optional-steps"
    /// What has failed past the pivot goes back.
    case goesBackPastPivot = "goes-back-past-pivot"
    /// A saga that has passed its pivot is cancelled.
    case cancelsPastPivot = "cancels-past-pivot"

    // Child sagas.
    /// A parent does not hear of the end of its child.
    case losesChildEnds = "loses-child-ends"
    /// A completed child is left as it is when its parent goes back.
    case leavesChildren = "leaves-children"

    // A life after a life.
    /// A restart forgets what waits for a time.
    case forgetsWaitsAtRestart = "forgets-waits-at-restart"
    /// A restart forgets the timeouts of sagas.
    case forgetsTimeoutsAtRestart = "forgets-timeouts-at-restart"
    /// A restart forgets attempts that nobody has named.
    case forgetsAttemptsAtRestart = "forgets-attempts-at-restart"
    /// An attempt of an earlier life is handed out once more.
    case handsOutTwice = "hands-out-twice"
    /// A restart frees the business keys.
    case freesKeysAtRestart = "frees-keys-at-restart"
    /// Something is done in the order of a Set, which differs from process to process.
    case iteratesSet = "iterates-set"

    #if PLANTED_BUGS
        /// The place of the bug of this process among all, from 1; 0 for none.
        private static let chosen = Atomic<Int>(0)
        private static let places = Dictionary(
            uniqueKeysWithValues: allCases.enumerated().map { ($1, $0 + 1) })

        /// Whether this build can have bugs planted.
        package static let areCompiledIn = true

        /// Whether this is the bug of this process.
        package var isPlanted: Bool {
            let place = Self.chosen.load(ordering: .relaxed)
            return place > 0 && Self.places[self] == place
        }

        /// Plants one bug, in place of another one; nil takes it away.
        package static func plant(_ bug: PlantedBug?) {
            chosen.store(bug.flatMap { places[$0] } ?? 0, ordering: .relaxed)
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
