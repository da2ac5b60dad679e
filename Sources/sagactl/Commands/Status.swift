internal import ArgumentParser
internal import SagaSystem

/// `status`.
struct Status: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Shows how the coordinator is: sagas, work, journal.",
        usage: "sagactl status [OPTIONS]",
        discussion: """
            EXAMPLES
              sagactl status
              sagactl status --json

            EXIT STATUS
              0   it serves
              69  it cannot be reached
            """)

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let status = try await calls.status()
        if screen.isJSON {
            try screen.show([JSONObject(status)])
        } else {
            let address = global.chosenAddress(ThisProcess.environment)
            try screen.show(StatusDrawing.lines(status, address: address, screen.style))
        }
        return .done
    }
}
