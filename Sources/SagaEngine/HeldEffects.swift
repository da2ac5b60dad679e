internal import DequeModule
package import SagaModel

/// Effects that wait until what they follow from is durable, in the order in which they were
/// decided.
struct HeldEffects {
    enum Item {
        case effect(Effect)
        /// An attempt on its way to a session, unless either is gone by then.
        case dispatch(TaskOrder, of: SagaInstance, to: SessionInstance)
    }

    /// The effects of a group are decided while it is; they are held from its end on.
    private var items: Deque<Item> = []
    /// How many of the items in a row wait for a position.
    private var marks: Deque<Mark> = []
    /// How many items are of the group that is being decided.
    private var unmarked = 0

    private struct Mark {
        let position: JournalPosition
        var count: Int
    }

    var isEmpty: Bool { items.isEmpty }

    /// Adds an effect of the group that is being decided.
    mutating func add(_ item: consuming Item) {
        items.append(item)
        unmarked += 1
    }

    /// Ends the group: its effects wait for this position.
    mutating func hold(at position: JournalPosition) {
        guard unmarked > 0 else { return }
        marks.append(Mark(position: position, count: unmarked))
        unmarked = 0
    }

    /// How many effects may be taken, now that everything up to a position is durable.
    mutating func release(durable: JournalPosition) -> Int {
        var count = 0
        while let mark = marks.first, mark.position <= durable {
            count += mark.count
            marks.removeFirst()
        }
        return count
    }

    /// Takes the first effect, which was released.
    mutating func take() -> Item { items.removeFirst() }
}

extension Engine {
    /// Releases what follows from records that are durable now. The only way to an effect.
    ///
    /// A dispatch whose session has ended meanwhile is not released: its task went back to its
    /// place.
    ///
    /// - Parameter durable: the last durable position, as the journal names it.
    package mutating func advance(to durable: JournalPosition) -> [Effect] {
        let count = held.release(durable: durable)
        var effects: [Effect] = []
        effects.reserveCapacity(count)
        for _ in 0..<count {
            let item = held.take()
            switch consume item {
            case .effect(let effect): effects.append(effect)
            case .dispatch(let order, let saga, let session):
                guard handOut(order, of: saga, to: session) else { continue }
                effects.append(.dispatch(session.id, order))
            }
        }
        return effects
    }

    /// Marks an attempt as handed out; false if it is no longer the one its session was meant to
    /// get: a token is handed to one session, once.
    private mutating func handOut(
        _ order: TaskOrder, of saga: SagaInstance, to session: SessionInstance
    ) -> Bool {
        let isHandedOut = saga.update(order.step, order.direction) { task in
            guard task.token == order.token, case .inFlight(var flight) = task.place,
                flight.session === session, !flight.isHandedOut, session.isConnected
            else { return false }
            flight.isHandedOut = true
            task.handedOutAt = stamp
            task.place = .inFlight(flight)
            return true
        }
        if isHandedOut, order.direction == .action { stopStartLimit(order.step, of: saga) }
        return isHandedOut
    }
}
