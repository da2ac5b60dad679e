internal import ArgumentParser

/// `resume SAGA [--reason TEXT]`.
struct Resume: DecidingVerb {
    static let configuration = CommandConfiguration(
        abstract: "Resumes a saga that is suspended, or that a handler held.",
        usage: "sagactl resume SAGA [--reason TEXT] [OPTIONS]",
        discussion: """
            All that waited goes on, and the times of steps and saga run on with what
            was left of them.

            EXAMPLES
              sagactl resume order/ORD-1042
              sagactl resume order/ORD-1042 --reason "looked at: charged once"

            EXIT STATUS
              0   resumed
              1   there is no such saga, or it is not suspended
            """)

    @Argument(help: "The saga: its id or DEFINITION/KEY.")
    var saga: NamedSaga

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason = ""

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func decision() -> Decision { .resume }
}
