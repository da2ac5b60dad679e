internal import DequeModule
package import SagaModel

/// Effects that wait until what they follow from is durable, in the order in which they were
/// decided.
struct HeldEffects {
    struct Item {
        let effect: Effect
        /// The attempt that a dispatch hands out.
        let attempt: Dispatch?
    }

    /// An attempt on its way to a session.
    struct Dispatch {
        let saga: SagaInstance
        let step: StepIndex
        let direction: Direction
        let token: Token
        let session: SessionInstance
    }

    private struct Entry {
        let position: JournalPosition
        let item: Item
    }

    private var entries: Deque<Entry> = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func hold(_ items: inout [Item], at position: JournalPosition) {
        for item in items {
            entries.append(Entry(position: position, item: item))
        }
        items.removeAll(keepingCapacity: true)
    }

    /// Takes the next effect if everything up to its position is durable.
    mutating func pop(durable: JournalPosition) -> Item? {
        guard let first = entries.first, first.position <= durable else { return nil }
        return entries.removeFirst().item
    }
}

extension Engine {
    /// Releases what follows from records that are durable now. The only way to an effect.
    ///
    /// A dispatch whose session has ended meanwhile is not released: its task went back to its
    /// place.
    ///
    /// - Parameter durable: the last durable position, as the journal names it.
    package mutating func advance(to durable: JournalPosition) -> [Effect] {
        var effects: [Effect] = []
        while let item = held.pop(durable: durable) {
            if let attempt = item.attempt, !handOut(attempt) { continue }
            effects.append(item.effect)
        }
        return effects
    }

    /// Marks an attempt as handed out; false if it is no longer the one its session was meant to
    /// get: a token is handed to one session, once.
    private mutating func handOut(_ dispatch: HeldEffects.Dispatch) -> Bool {
        let isHandedOut = dispatch.saga.update(dispatch.step, dispatch.direction) { task in
            guard task.token == dispatch.token, case .inFlight(var flight) = task.place,
                flight.session === dispatch.session, !flight.isHandedOut,
                flight.session.isConnected
            else { return false }
            flight.isHandedOut = true
            task.handedOutAt = now
            task.place = .inFlight(flight)
            return true
        }
        if isHandedOut, dispatch.direction == .action {
            stopStartLimit(dispatch.step, of: dispatch.saga)
        }
        return isHandedOut
    }
}
