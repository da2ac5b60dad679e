internal import DequeModule
package import SagaModel

/// Effects that wait until what they follow from is durable, in the order in which they were
/// decided.
struct HeldEffects: ~Copyable {
    enum Item {
        case effect(Effect)
        /// An attempt on its way to a session, unless either is gone by then.
        case dispatch(Dispatch)
    }

    /// An attempt that has a slot of a session and is not released to it yet.
    struct Dispatch {
        let saga: SagaInstance
        let session: SessionInstance
        /// What a compensation is told; nil for an action.
        let undo: UndoOrder?
        let token: Token
        let step: StepIndex
        let direction: Direction
    }

    /// The effects of a group are decided while it is; they are held from its end on.
    private var items = UniqueDeque<Item>()
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
        while let mark = marks.first, !(durable < mark.position) {
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
            switch held.take() {
            case .effect(let effect): effects.append(effect)
            case .dispatch(let dispatch):
                guard handOut(dispatch) else { continue }
                effects.append(.dispatch(dispatch.session.id, makeOrder(dispatch)))
            }
        }
        return effects
    }

    /// Marks an attempt as handed out; false if it is no longer the one its session was meant to
    /// get: a token is handed to one session, once.
    private mutating func handOut(_ dispatch: HeldEffects.Dispatch) -> Bool {
        let task = dispatch.saga.own(dispatch.step, dispatch.direction)
        guard task.token == dispatch.token, case .inFlight(var flight) = task.place,
            flight.session === dispatch.session, !flight.isHandedOut, flight.session.isConnected
        else { return false }
        flight.isHandedOut = true
        task.handedOutAt = stamp
        task.place = .inFlight(flight)
        if dispatch.direction == .action { stopStartLimit(dispatch.step, of: dispatch.saga) }
        return true
    }

    /// What a session is told of an attempt. All of it but for why the saga goes back is the same
    /// for as long as the attempt is current.
    private func makeOrder(_ dispatch: HeldEffects.Dispatch) -> TaskOrder {
        let saga = dispatch.saga
        return TaskOrder(
            saga: saga.facts, step: dispatch.step, token: dispatch.token,
            input: input(of: dispatch.step, in: saga), undo: dispatch.undo,
            previousProgress: saga.task(dispatch.step, dispatch.direction).progress,
            startPosition: saga.running?.position)
    }

    /// What the handler of a step gets: cut again from the same sources, so always the same.
    func input(of step: StepIndex, in saga: SagaInstance) -> Payload {
        let resolved = saga.resolved(step)
        guard resolved.input != nil else { return saga.facts.input }
        let data = SagaData(saga: saga, limit: limits.outputLimitBytes)
        // It was there when the step became current, and its sources do not change.
        guard case .success(let input) = data.input(of: resolved) else { return .empty }
        return input
    }
}
