internal import SagaModel

/// Handlers and participants as they are shown.
extension Engine {
    /// The participant that served a handler last and is gone, and since when.
    struct LastSeen {
        let participant: ParticipantName
        let at: Instant
    }

    mutating func showParticipants(_ call: CallID, _ namespace: String) {
        let named = queuesInOrder.map(\.handler).filter { $0.namespace == namespace }
        let offered = offeredHandlers(in: namespace).map {
            HandlerRef(namespace: namespace, handler: $0)
        }
        let handlers = Set(named + offered)
        let instancesShown = instances.values.compactMap(\.session)
            .filter { $0.participant.namespace == namespace }
            .sorted { $0.participant < $1.participant }
        reply(
            call,
            .participants(
                handlers.sorted().map { status(of: $0) }, instancesShown.map { status(of: $0) }))
    }

    private mutating func status(of handler: HandlerRef) -> HandlerStatus {
        let places = [false, true].compactMap {
            queues[QueueKey(handler: handler, needsCompensation: $0)]
        }
        let serving = sessions.all.filter { session in
            session.takesTasks && session.closed[handler] == nil
                && session.participant.namespace == handler.namespace
                && session.hello.handlers.contains { $0.name == handler.handler }
        }
        let both = places.flatMap { [$0.actions, $0.undos] }
        let oldest = both.compactMap { self.lanes[$0.index].oldestDue() }
        let lanes = both.map { self.lanes[$0.index] }
        return HandlerStatus(
            handler: handler, instances: UInt32(serving.count),
            // Capacities are what peers say of themselves: no sum of them may overflow.
            freeSlots: UInt32(
                clamping: serving.reduce(UInt64(0)) {
                    $0 + UInt64($1.hello.slots - min($1.running, $1.hello.slots))
                }),
            slots: UInt32(clamping: serving.reduce(UInt64(0)) { $0 + UInt64($1.hello.slots) }),
            running: UInt32(clamping: lanes.reduce(0) { $0 + $1.inFlight }),
            queued: UInt32(clamping: lanes.reduce(0) { $0 + $1.waiting }),
            oldestQueuedAt: oldest.min())
    }

    private func status(of session: SessionInstance) -> InstanceStatus {
        let isDraining = if case .draining = session.state { true } else { false }
        return InstanceStatus(
            participant: session.participant, isAttached: session.isConnected,
            isDraining: isDraining, sdkVersion: session.hello.sdkVersion,
            serviceVersion: session.hello.serviceVersion, attachedAt: session.attachedAt,
            lastHeardAt: session.lastHeardAt, handlers: session.hello.handlers.map(\.name).sorted(),
            slots: session.hello.slots, undoSlots: session.hello.effectiveUndoSlots,
            running: session.running, undoing: session.undoing)
    }

    /// Handlers that somebody offers in a namespace, or offered in this life, by name.
    func offeredHandlers(in namespace: String) -> [String] {
        let offered = sessions.all.filter { $0.participant.namespace == namespace }
            .flatMap { $0.hello.handlers.map(\.name) }
        let before = lastSeen.keys.filter { $0.namespace == namespace }.map(\.handler)
        return Set(offered + before).sorted()
    }

    /// Remembers who served the handlers of a session that is gone.
    mutating func noteLeft(_ session: SessionInstance) {
        for offer in session.hello.handlers {
            let handler = HandlerRef(namespace: session.participant.namespace, handler: offer.name)
            guard queues[QueueKey(handler: handler, needsCompensation: false)] != nil else {
                continue
            }
            lastSeen[handler] = LastSeen(participant: session.participant, at: now)
        }
    }
}
