internal import SagaModel

/// Messages of `WatchEvents`.
extension JSONObject {
    /// A WatchEventsResponse.
    init(_ told: SagaEvent) {
        self.init()
        var event = JSONObject()
        event.set("kind", ProtoNames.kind(told.kind))
        event.set("sagaId", told.sagaID.description)
        var definition = JSONObject()
        definition.set("name", told.definition)
        definition.set("version", told.version)
        event.set("definition", definition)
        event.set("key", told.key)
        event.set("at", told.at)
        event.set("position", told.position.rawValue)
        event.set("step", told.step)
        event.set("direction", told.direction.map(ProtoNames.direction) ?? "")
        event.set("token", told.token.map(Self.token))
        event.set("participant", Self.participant(told.participant))
        event.set("took", told.took)
        event.set("failure", told.failure.map { JSONObject($0) })
        event.set("attention", told.attention.map(ProtoNames.attention) ?? "")
        if let verb = told.verb {
            var entry = JSONObject()
            entry.set("verb", ProtoNames.verb(verb.verb))
            entry.set("step", told.step)
            entry.set("by", JSONObject(verb.principal))
            entry.set("reason", verb.reason)
            entry.set("at", told.at)
            event.set("verb", entry)
        }
        event.set("childSagaId", told.childSagaID?.description ?? "")
        set("event", event)
        set("cursor", told.cursor.bytes)
    }

    private static func token(_ token: Token) -> JSONObject {
        var object = JSONObject()
        object.set("epoch", token.epoch.rawValue)
        object.set("number", token.number)
        return object
    }
}
