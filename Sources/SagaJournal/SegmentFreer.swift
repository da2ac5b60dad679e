internal import SagaSystem

/// Takes the oldest segments off the list and deletes them.
///
/// On a thread of its own, since a large file can take long to delete and a segment that is being
/// made holds the list; or inline, for one order of all operations. A crash between any two steps
/// leaves one valid set: what is no longer listed is deleted by the next start, and what is listed
/// is there.
final class SegmentFreer: Sendable {
    private struct Desk: Sendable {
        /// All segments below this number are to go.
        var wanted: UInt64 = 0
        /// All below this one are off the list, durably.
        var freed: UInt64 = 0
        /// Set while the disk is asked.
        var isBusy = false
        /// What the disk said last; whoever asks again has it tried again.
        var failure: SystemFailure?
        var isStopped = false
    }

    private let desk = Monitor(Desk())
    /// The list, which the one who makes segments changes too.
    private let preparation: Monitor<SegmentPreparation>
    /// Taken by who copies segments.
    private let hold: FreeingHold
    private let thread: SystemThread?

    /// Frees segments of the list that a preparer has.
    init(
        _ preparation: Monitor<SegmentPreparation>, hold: FreeingHold, onThread: Bool
    ) throws(SystemFailure) {
        self.preparation = preparation
        self.hold = hold
        let desk = desk
        thread =
            onThread
            ? try SystemThread(name: "journal-free") { Self.run(desk, preparation, hold) } : nil
    }

    /// Asks for all segments below a number to go; returns at once unless inline.
    func free(below number: UInt64) {
        let isNew = desk.withLock { desk in
            guard !desk.isBusy, !desk.isStopped, number > desk.freed else { return false }
            desk.wanted = max(desk.wanted, number)
            desk.failure = nil
            return true
        }
        if isNew, thread == nil { Self.work(desk, preparation, hold) }
    }

    /// All segments below this number are off the list.
    var freed: UInt64 { desk.withLock { $0.freed } }

    /// Why the last try did not succeed.
    var failure: SystemFailure? { desk.withLock { $0.failure } }

    /// Ends the thread, behind what it is doing.
    func stop() {
        desk.withLock { $0.isStopped = true }
        thread?.join()
    }

    private static func run(
        _ desk: Monitor<Desk>, _ preparation: Monitor<SegmentPreparation>, _ hold: FreeingHold
    ) {
        while true {
            let goesOn: Bool = desk.wait { desk in
                if desk.isStopped { return false }
                return desk.wanted > desk.freed && desk.failure == nil ? true : nil
            }
            guard goesOn else { return }
            work(desk, preparation, hold)
        }
    }

    private static func work(
        _ desk: Monitor<Desk>, _ preparation: Monitor<SegmentPreparation>, _ hold: FreeingHold
    ) {
        let number = desk.withLock { desk in
            desk.isBusy = true
            return desk.wanted
        }
        var failure: SystemFailure?
        var isDone = false
        do throws(SystemFailure) {
            isDone =
                try hold.ifNotHeld { () throws(SystemFailure) in
                    try preparation.withLock { (preparation) throws(SystemFailure) in
                        try preparation.free(below: number)
                    }
                } != nil
        } catch {
            failure = error
        }
        desk.withLock { desk in
            desk.isBusy = false
            desk.failure = failure
            if isDone {
                desk.freed = number
            } else if failure == nil {
                // Segments are being copied: nothing goes until somebody asks again.
                desk.wanted = desk.freed
            }
        }
    }
}
