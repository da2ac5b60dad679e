internal import SagaModel

/// Handlers and instances of participants as tables.
enum ParticipantsDrawing {
    /// A row a handler: who serves it, and what waits for it.
    static func handlers(
        _ handlers: [HandlerStatus], at now: Instant, _ style: Style
    ) -> [String] {
        guard !handlers.isEmpty else { return [] }
        var table = TextTable([
            ("HANDLER", .left), ("INSTANCES", .right), ("FREE SLOTS", .right),
            ("RUNNING", .right), ("QUEUED", .right), ("OLDEST", .right), ("LIMIT", .right),
            ("BREAKER", .left),
        ])
        for handler in handlers {
            let oldest = handler.oldestQueuedAt.map { ShownDuration.long(now - $0) } ?? "-"
            let isMissed = handler.instances == 0 && handler.queued > 0
            table.add([
                StyledText(handler.handler.handler, .name),
                StyledText(ShownNumber.count(handler.instances), isMissed ? .failed : .plain),
                StyledText("\(handler.freeSlots)/\(handler.slots)"),
                StyledText(ShownNumber.count(handler.running)),
                StyledText(
                    ShownNumber.count(handler.queued), handler.queued > 0 ? .waiting : .plain),
                StyledText(oldest, .dim),
                // There are no limits and no breakers to be set yet.
                "-", "-",
            ])
        }
        return table.lines(style)
    }

    /// A row an instance: versions, its session, what it has in hand.
    static func instances(
        _ instances: [InstanceStatus], at now: Instant, _ style: Style
    ) -> [String] {
        guard !instances.isEmpty else { return [] }
        var table = TextTable([
            ("INSTANCE", .left), ("STATE", .left), ("SESSION", .right), ("HEARD", .right),
            ("TASKS", .right), ("UNDOS", .right), ("VERSION", .left), ("SDK", .left),
            ("HANDLERS", .left),
        ])
        for instance in instances {
            let (state, role) = state(instance)
            table.add([
                StyledText(instance.participant.description, .name),
                StyledText(state, role),
                StyledText(ShownDuration.long(now - instance.attachedAt), .dim),
                StyledText(ShownInstant.ago(instance.lastHeardAt, seenAt: now), .dim),
                StyledText("\(instance.running)/\(instance.slots)"),
                StyledText("\(instance.undoing)/\(instance.undoSlots)"),
                StyledText(instance.serviceVersion.isEmpty ? "-" : instance.serviceVersion),
                StyledText(instance.sdkVersion.isEmpty ? "-" : instance.sdkVersion),
                StyledText(instance.handlers.joined(separator: " ")),
            ])
        }
        return table.lines(style)
    }

    private static func state(_ instance: InstanceStatus) -> (String, Role) {
        if !instance.isAttached { return ("lost", .failed) }
        return instance.isDraining ? ("draining", .waiting) : ("attached", .done)
    }
}
