internal import SagaModel

/// All sagas that are kept, in the order of their start, for lists and for the oldest live one.
struct StartOrder {
    private var sagas: [SagaInstance] = []
    private var dropped = 0
    /// Everything before this place has ended.
    private var floor = 0

    mutating func append(_ saga: SagaInstance) {
        sagas.append(saga)
    }

    /// Takes a saga out; places are given up when half of them are empty.
    mutating func drop(_ saga: SagaInstance) {
        saga.isDropped = true
        dropped += 1
        guard dropped > 1_024, dropped > sagas.count / 2 else { return }
        sagas.removeAll(where: \.isDropped)
        dropped = 0
        floor = 0
    }

    /// The start of the oldest live saga; nil if none lives.
    mutating func oldestLive() -> JournalPosition? {
        while floor < sagas.count, sagas[floor].isDropped || sagas[floor].state.isEnded {
            floor += 1
        }
        return floor < sagas.count ? sagas[floor].facts.start : nil
    }

    /// Live sagas, the oldest first.
    var live: [SagaInstance] {
        sagas[floor...].filter { !$0.isDropped && !$0.state.isEnded }
    }

    /// All that are kept, the oldest first.
    var kept: [SagaInstance] { sagas.filter { !$0.isDropped } }

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
        var place = before.map(firstPlace(notBefore:)) ?? sagas.count
        var looked = 0
        while place > 0 {
            place -= 1
            looked += 1
            let saga = sagas[place]
            let goesOn = saga.isDropped || visit(saga)
            if !goesOn || looked >= looks { return place > 0 ? saga.facts.start : nil }
        }
        return nil
    }

    private func firstPlace(notBefore position: JournalPosition) -> Int {
        var low = 0
        var high = sagas.count
        while low < high {
            let middle = (low + high) / 2
            if sagas[middle].facts.start < position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
