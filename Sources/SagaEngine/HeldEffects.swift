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
            task.handedOutAt = stamp
            task.place = .inFlight(flight)
            return true
        }
        if isHandedOut, dispatch.direction == .action {
            stopStartLimit(dispatch.step, of: dispatch.saga)
        }
        return isHandedOut
    }
}
