internal import SagaModel

/// All sagas that are kept, in the order of their start, for lists and for the oldest live one.
struct StartOrder {
    private var places: [Place] = []
    private var dropped = 0
    /// Everything before this place has ended.
    private var floor = 0
    /// Sagas that a replay found only behind younger ones, until it is over.
    private var late: [JournalPosition: SagaInstance] = [:]

    private struct Place {
        let start: JournalPosition
        /// Nil once it is dropped.
        var saga: SagaInstance?
    }

    mutating func append(_ saga: SagaInstance) {
        places.append(Place(start: saga.facts.start, saga: saga))
    }

    /// The saga with this start record, if it is kept.
    func find(_ start: JournalPosition) -> SagaInstance? {
        let place = firstPlace(notBefore: start)
        guard place < places.count, places[place].start == start else { return late[start] }
        return places[place].saga
    }

    /// Puts in a saga that a replay finds behind younger ones, where its start would have been.
    mutating func insert(_ saga: SagaInstance) {
        if places.last.map({ $0.start < saga.facts.start }) ?? true {
            append(saga)
        } else {
            late[saga.facts.start] = saga
        }
    }

    /// The replay is over: late ones come to their places.
    mutating func settle() {
        guard !late.isEmpty else { return }
        places = merged
        late = [:]
        dropped = 0
        floor = 0
    }

    private var merged: [Place] {
        (places.filter { $0.saga != nil } + late.map { Place(start: $0.key, saga: $0.value) })
            .sorted { $0.start < $1.start }
    }

    /// Whether the saga with this start record is kept.
    func keeps(_ start: JournalPosition) -> Bool { find(start) != nil }

    /// How many are kept.
    var count: Int { places.count - dropped + late.count }

    /// The first saga that runs for no other one, from a start on.
    func firstRoot(notBefore start: JournalPosition) -> SagaInstance? {
        var place = firstPlace(notBefore: start)
        while place < places.count {
            if let saga = places[place].saga, saga.facts.parent == nil { return saga }
            place += 1
        }
        return nil
    }

    /// Takes a saga out; places are given up when half of them are empty.
    mutating func drop(_ saga: SagaInstance) {
        let place = firstPlace(notBefore: saga.facts.start)
        if late.removeValue(forKey: saga.facts.start) != nil { return }
        precondition(places[place].saga === saga, "saga \(saga.facts.start) is not in the order")
        places[place].saga = nil
        dropped += 1
        guard dropped > 1_024, dropped > places.count / 2 else { return }
        places.removeAll { $0.saga == nil }
        dropped = 0
        floor = 0
    }

    /// The start of the oldest live saga; nil if none lives.
    mutating func oldestLive() -> JournalPosition? {
        while floor < places.count, places[floor].saga?.state.isEnded ?? true { floor += 1 }
        return floor < places.count ? places[floor].start : nil
    }

    /// Live sagas, the oldest first.
    var live: [SagaInstance] {
        places[floor...].compactMap(\.saga).filter { !$0.state.isEnded }
    }

    /// All that are kept, the oldest first.
    var kept: [SagaInstance] { (late.isEmpty ? places : merged).compactMap(\.saga) }

    /// Looks at sagas from the newest to the oldest.
    ///
    /// - Parameters:
    ///   - before: where to go on: only sagas that started before it; nil for the newest.
    ///   - looks: how many to look at.
    ///   - visit: says whether to go on.
    /// - Returns: the last one looked at, to go on from; nil if there are no older ones.
    func newestFirst(
        before: JournalPosition?, looks: Int, _ visit: (SagaInstance) -> Bool
    ) -> JournalPosition? {
        var place = before.map(firstPlace(notBefore:)) ?? places.count
        var looked = 0
        while place > 0 {
            place -= 1
            looked += 1
            let goesOn = places[place].saga.map(visit) ?? true
            if !goesOn || looked >= looks { return place > 0 ? places[place].start : nil }
        }
        return nil
    }

    /// Looks at sagas from the oldest to the newest, in the same way.
    ///
    /// - Parameter after: only sagas that started after it; nil for the oldest.
    func oldestFirst(
        after: JournalPosition?, looks: Int, _ visit: (SagaInstance) -> Bool
    ) -> JournalPosition? {
        var place = after.map { firstPlace(notBefore: $0.next) } ?? 0
        var looked = 0
        while place < places.count {
            looked += 1
            let goesOn = places[place].saga.map(visit) ?? true
            place += 1
            if !goesOn || looked >= looks {
                return place < places.count ? places[place - 1].start : nil
            }
        }
        return nil
    }

    private func firstPlace(notBefore position: JournalPosition) -> Int {
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle].start < position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
