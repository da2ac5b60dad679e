internal import ArgumentParser

/// `definitions`.
struct Definitions: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Lists the registered definitions, all versions.",
        usage: "sagactl definitions [OPTIONS]",
        discussion: """
            LIVE counts the sagas that run by a version and have not ended: sagas keep
            the version that they were started with.

            EXAMPLES
              sagactl definitions
              sagactl definitions --json

            EXIT STATUS
              0   done, also if there are none
            """)

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let definitions = try await calls.definitions()
        if screen.isJSON {
            try screen.show(definitions.map { JSONObject($0) })
        } else {
            try screen.show(DefinitionsDrawing.lines(definitions, screen.style))
            if definitions.isEmpty {
                screen.note("no definitions; register one: sagactl register FILE")
            }
        }
        return .done
    }
}
