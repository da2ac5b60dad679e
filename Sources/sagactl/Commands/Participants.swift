internal import ArgumentParser

/// `participants [--instances]`.
struct Participants: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Shows the handlers: who serves them, and what waits for them.",
        usage: "sagactl participants [--instances] [OPTIONS]",
        discussion: """
            FREE SLOTS counts what the attached instances can take at once; QUEUED is
            what waits, OLDEST for how long the oldest of it has.

            EXAMPLES
              sagactl participants
              sagactl participants --instances

            EXIT STATUS
              0   done, also if there are none
            """)

    @Flag(help: "Show the instances instead: version, SDK, session, last heartbeat, tasks.")
    var instances = false

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let list = try await calls.participants()
        if screen.isJSON {
            let objects =
                instances
                ? list.instances.map { JSONObject($0) } : list.handlers.map { JSONObject($0) }
            try screen.show(objects)
            return .done
        }
        let lines =
            instances
            ? ParticipantsDrawing.instances(list.instances, at: list.observedAt, screen.style)
            : ParticipantsDrawing.handlers(list.handlers, at: list.observedAt, screen.style)
        try screen.show(lines)
        if lines.isEmpty {
            screen.note(instances ? "no participant is attached" : "no handler is known")
        }
        return .done
    }
}
