package import SagaModel

/// What the journal says, compared: replaying it must give the live state.
extension Engine {
    /// The first thing that the journal says differently of two engines; nil if they know the same.
    ///
    /// Annotations (sessions, places, times of handing out that no record states yet) do not count,
    /// nor do keys whose time is over.
    package func journaledDifference(from other: borrowing Engine) -> String? {
        if lastEpoch != other.lastEpoch { return "epoch: \(lastEpoch), \(other.lastEpoch)" }
        if lastPosition != other.lastPosition {
            return "position: \(lastPosition), \(other.lastPosition)"
        }
        if counts.journaled != other.counts.journaled {
            return "counts: \(counts.journaled), \(other.counts.journaled)"
        }
        let (here, there) = (order.kept, other.order.kept)
        if here.map(\.facts.start) != there.map(\.facts.start) { return "sagas that are kept" }
        for (left, right) in zip(here, there) {
            if let difference = left.journaledDifference(from: right) {
                return "saga \(left.facts.start): \(difference)"
            }
        }
        if quarantined != other.quarantined { return "quarantined sagas" }
        if ended.map(\.saga.facts.start) != other.ended.map(\.saga.facts.start) {
            return "ended sagas"
        }
        // What left memory before what is kept of the journal is not known for sure.
        let isWhole = !statements.isFreed && !other.statements.isFreed
        if isWhole, counts.dropped != other.counts.dropped || newestDropped != other.newestDropped {
            return "dropped sagas"
        }
        if instances.mapValues(\.generation) != other.instances.mapValues(\.generation) {
            return "instances on record"
        }
        if definitions.all.map(\.journaled) != other.definitions.all.map(\.journaled) {
            return "definitions"
        }
        // One whose time was over when the clock was ahead need not have been stated anew.
        let late = max(now, newestStamp)
        return keys.taken(at: late) == other.keys.taken(at: late) ? nil : "keys"
    }
}

extension Engine {
    /// As `journaledDifference(from:)`, with a look at some sagas only, by their start records.
    package func journaledDifference(
        from other: borrowing Engine, of some: [JournalPosition]
    ) -> String? {
        if lastEpoch != other.lastEpoch { return "epoch: \(lastEpoch), \(other.lastEpoch)" }
        if lastPosition != other.lastPosition {
            return "position: \(lastPosition), \(other.lastPosition)"
        }
        if counts.journaled != other.counts.journaled {
            return "counts: \(counts.journaled), \(other.counts.journaled)"
        }
        for start in some {
            switch (order.find(start), other.order.find(start)) {
            case (nil, nil): break
            case (nil, _), (_, nil): return "saga \(start) is kept by one"
            case (let left?, let right?):
                if let difference = left.journaledDifference(from: right) {
                    return "saga \(start): \(difference)"
                }
            }
        }
        return nil
    }
}

extension Engine.Counts {
    /// Those that follow from the journal.
    fileprivate var journaled: [UInt64] {
        [live, parked, UInt64(current), UInt64(withoutParticipant)]
    }
}

extension DefinitionTable.Registered {
    fileprivate var journaled: [UInt64] { [definition.position.rawValue, liveSagas] }
}

extension SagaInstance {
    fileprivate func journaledDifference(from other: SagaInstance) -> String? {
        if state != other.state { return "\(state.label), \(other.state.label)" }
        if stateSince != other.stateSince { return "times" }
        if raised != other.raised { return "attention \(raised), \(other.raised)" }
        if isSuspended != other.isSuspended || particulars != other.particulars {
            return "\(particulars), \(other.particulars)"
        }
        for (index, (left, right)) in zip(steps, other.steps).enumerated()
        where left != right || !left.saysHandedOut(like: right) {
            return "step \(index): \(left), \(right)"
        }
        if outputOf != other.outputOf { return "end" }
        return nil
    }
}

extension StepProgress {
    /// When a task was handed out is on record once its attempt has ended.
    fileprivate func saysHandedOut(like other: StepProgress) -> Bool {
        (action.token != nil || action.handedOutAt == other.action.handedOutAt)
            && (undo.token != nil || undo.handedOutAt == other.undo.handedOutAt)
    }
}
