internal import ArgumentParser
internal import SagaModel

/// `cancel SAGA --reason TEXT`.
struct Cancel: DecidingVerb {
    static let configuration = CommandConfiguration(
        abstract: "Cancels a saga: what it did is undone.",
        usage: """
            sagactl cancel SAGA --reason TEXT [OPTIONS]
            sagactl cancel FILTER... --reason TEXT [--yes] [--rate N] [OPTIONS]
            """,
        discussion: """
            The wish is recorded with your name and reason before it is answered.
            Undoing goes on in the coordinator; sagactl show tells how far it is.

            EXAMPLES
              sagactl cancel order/ORD-1042 --reason "customer called"
              sagactl cancel --definition order --label customer=alice --reason "account closed"

            EXIT STATUS
              0   recorded
              1   there is no such saga, or its state does not allow it
            """)

    static let takers: [SagaState] = [.pending, .running]

    @Argument(help: "The saga: its id or DEFINITION/KEY. Left out, the filter says which.")
    var saga: NamedSaga?

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason: String

    @OptionGroup(title: "Many sagas") var many: ManyOptions

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func decision() -> Decision { .cancel }
}
