internal import SagaModel

/// The tasks that wait for one handler: undos and actions apart, so that a flood of actions never
/// delays an undo.
///
/// There are two queues for a handler: one of tasks that need somebody with a compensation, one of
/// those that do not.
final class HandlerQueue {
    let handler: HandlerRef
    let needsCompensation: Bool
    /// Where its lanes stand among those of the engine.
    let actions: LaneID
    let undos: LaneID
    /// Sessions that serve it and take tasks, in the order of their attaching.
    private(set) var sessions: [SessionInstance] = []
    /// Since when nobody serves it, if nobody does.
    private(set) var unservedSince = Instant(microseconds: .min)
    /// The next session to be asked, so that all get their share.
    var turn = 0
    var isDirty = false
    /// Where its attempts are counted, once one is.
    var tally: HandlerTally?

    init(handler: HandlerRef, needsCompensation: Bool, actions: LaneID, undos: LaneID) {
        self.handler = handler
        self.needsCompensation = needsCompensation
        self.actions = actions
        self.undos = undos
    }

    // The list is set as a whole and never changed in its place: looking at it, which is done for
    // each task, needs no check then that nobody is about to change it.

    /// Somebody serves it.
    func add(_ session: SessionInstance) { sessions = sessions + [session] }

    /// Somebody serves it no more.
    func remove(_ session: SessionInstance, at now: Instant) {
        guard let place = sessions.firstIndex(where: { $0 === session }) else { return }
        var left = sessions
        left.remove(at: place)
        sessions = left
        if sessions.isEmpty { unservedSince = now }
    }

    func lane(_ direction: Direction) -> LaneID {
        switch direction {
        case .action: actions
        case .compensation: undos
        }
    }

    /// Lets go of all sessions, when the engine ends.
    func clear() { sessions = [] }

    /// The next session in turn with a free slot.
    func pickSession(_ direction: Direction) -> SessionInstance? {
        for offset in 0..<sessions.count {
            let place = (turn + offset) % sessions.count
            let session = sessions[place]
            if session.hasFreeSlot(direction) {
                turn = place + 1
                return session
            }
        }
        return nil
    }
}
