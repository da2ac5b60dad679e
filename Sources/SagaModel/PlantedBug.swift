#if PLANTED_BUGS
    internal import Synchronization
#endif

/// A rule that can be broken on purpose, to see that simulated worlds find out.
///
/// Compiled in with `SAGA_PLANTED_BUGS=1` alone; in all other builds none is ever planted, and the
/// code behind it is gone.
package enum PlantedBug: String, CaseIterable, Sendable {
    /// What was written counts as durable without a sync.
    case acknowledgesBeforeSync = "acknowledges-before-sync"
    /// A new segment is used before its name is durable.
    case skipsDirectorySync = "skips-directory-sync"
    /// A participant that undoes what never ran does not bar it from running later.
    case dropsTombstone = "drops-tombstone"

    /// An answer is taken whatever attempt it is for.
    case acceptsStaleResults = "accepts-stale-results"
    /// A step is undone before those that came after it.
    case undoesInAnyOrder = "undoes-in-any-order"
    /// A step that may have run is not undone.
    case forgetsDoubt = "forgets-doubt"
    /// A step runs as soon as one of those that it waits for has ended.
    case joinsEarly = "joins-early"
    /// What has failed past the pivot goes back.
    case goesBackPastPivot = "goes-back-past-pivot"
    /// A parent does not hear of the end of its child.
    case losesChildEnds = "loses-child-ends"
    /// A restart forgets what waits for a time.
    case forgetsWaitsAtRestart = "forgets-waits-at-restart"
    /// A restart forgets attempts that nobody has named.
    case forgetsAttemptsAtRestart = "forgets-attempts-at-restart"
    /// A restart frees the business keys.
    case freesKeysAtRestart = "frees-keys-at-restart"
    /// What a deferred attempt is answered with is not recorded.
    case losesCompletions = "loses-completions"
    /// Something is done in the order of a Set, which differs from process to process.
    case iteratesSet = "iterates-set"

    #if PLANTED_BUGS
        private static let chosen = Mutex<PlantedBug?>(nil)

        /// Whether this build can have bugs planted.
        package static let areCompiledIn = true

        /// Whether this is the bug of this process.
        package var isPlanted: Bool { Self.chosen.withLock { $0 == self } }

        /// Plants one bug, in place of another one; nil takes it away.
        package static func plant(_ bug: PlantedBug?) { chosen.withLock { $0 = bug } }
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
