internal import ArgumentParser
internal import SagaModel

/// `complete TOKEN [--output FILE|-] | --failed CODE | --retry CODE`.
struct Complete: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Answers a step whose handler left the answer to somebody else.",
        usage: """
            sagactl complete TOKEN [--output FILE|-] [OPTIONS]
                   sagactl complete TOKEN --failed CODE [--message TEXT] [OPTIONS]
                   sagactl complete TOKEN --retry CODE [--message TEXT] [OPTIONS]
            """,
        discussion: """
            The token is what the handler passed on when it deferred its answer; it
            names one attempt, and the first answer to it counts. Without --failed or
            --retry the step is done. A failed step had no effect, and the saga goes
            back; a retry says that the effect is in doubt, and the step is tried again.

            EXAMPLES
              sagactl complete Cgdk... --output approval.json
              sagactl complete Cgdk... --failed rejected --message "over the limit"

            EXIT STATUS
              0   recorded
              1   the token names no step, or no attempt that is still open
              65  the output is not JSON
            """)

    @Argument(help: "The task token that the handler passed on.")
    var token: String

    @Option(
        help: ArgumentHelp(
            "The step's output, JSON; - is standard input. Default: none.", valueName: "file"))
    var output: String?

    @Option(
        help: ArgumentHelp("It is a no, and had no effect: the code of it.", valueName: "code"))
    var failed: String?

    @Option(
        help: ArgumentHelp(
            "The effect is in doubt, and it is to be tried again: the error's code.",
            valueName: "code"))
    var retry: String?

    @Option(help: ArgumentHelp("The same for people.", valueName: "text"))
    var message: String?

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        let answers = [("--output", output), ("--failed", failed), ("--retry", retry)]
            .filter { $0.1 != nil }.map(\.0)
        guard answers.count < 2 else {
            throw ValidationError("\(answers.joined(separator: " and ")) exclude each other")
        }
        if message != nil, failed == nil, retry == nil {
            throw ValidationError("--message needs --failed or --retry")
        }
        for (option, code) in [("--failed", failed), ("--retry", retry)] where code == "" {
            throw ValidationError("\(option) is empty; write a code, e.g. card-declined")
        }
    }

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let (answer, words) = try answer()
        try await calls.complete(token, answer)
        if screen.isJSON {
            try screen.show([JSONObject.completed])
        } else {
            try screen.show([(StyledText("answered: ") + words).text(screen.style)])
        }
        return .done
    }

    private func answer() throws(Complaint) -> (DeferredAnswer, StyledText) {
        if let failed {
            return (
                .failed(code: failed, message: message ?? ""),
                StyledText("failed, \(failed)", .failed)
            )
        }
        if let retry {
            return (
                .retry(code: retry, message: message ?? ""),
                StyledText("to be tried again, \(retry)", .waiting)
            )
        }
        let payload = try output.map { file throws(Complaint) in try JSONInput.read(file) }
        return (.succeeded(payload ?? .empty), StyledText("done", .done))
    }
}
