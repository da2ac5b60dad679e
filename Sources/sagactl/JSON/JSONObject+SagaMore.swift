internal import SagaModel

// What only some sagas have.

extension JSONObject {
    /// `Suspension`.
    init(_ suspension: SagaSuspension) {
        self.init()
        set("reason", suspension.reason)
        set("by", suspension.by.map { JSONObject($0) })
        set("step", suspension.step)
        set("since", suspension.since)
    }

    /// `Parking`.
    init(_ parking: SagaParking) {
        self.init()
        set("reason", ProtoNames.parking(parking.reason))
        set("failure", JSONObject(parking.fault))
        set("direction", ProtoNames.direction(parking.direction))
        set("since", parking.since)
    }

    /// `CancelRequest`.
    init(_ request: CancelRequest) {
        self.init()
        set("by", JSONObject(request.by))
        set("reason", request.reason)
        set("at", request.at)
        set("waitsForPivot", request.waitsForPivot)
    }

    /// `Abandonment`; nil for a saga that nobody gave up.
    static func abandonment(_ more: SagaMore) -> JSONObject? {
        guard more.abandonedBy != nil || !more.left.isEmpty else { return nil }
        var object = JSONObject()
        object.set("verb", more.abandonedBy.map { JSONObject($0) })
        let left = more.left.map { effect in
            var entry = JSONObject()
            entry.set("step", effect.step)
            entry.set("undoNeed", ProtoNames.need(effect.isKnown ? .done : .inDoubt))
            return entry
        }
        object.set("left", left)
        return object
    }

    /// `ParentRef`.
    init(_ parent: SagaParent) {
        self.init()
        set("sagaId", "\(parent.saga)")
        set("step", parent.step)
    }

    /// `VerbEntry`.
    init(_ entry: VerbEntry) {
        self.init()
        set("verb", ProtoNames.verb(entry.verb))
        set("step", entry.step)
        set("by", JSONObject(entry.by))
        set("reason", entry.reason)
        set("at", entry.at)
    }
}
