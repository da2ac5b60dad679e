internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// The admin client: shows what runs, what waits and why, and settles it by hand.
@main
struct Sagactl: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "sagactl",
        abstract: """
            Registers definitions, starts sagas, shows what runs, what waits and why, and settles \
            it by hand.
            """,
        discussion: """
            A saga is named by its id, or as DEFINITION/KEY: order/ORD-1042. Results go
            to standard output, all else to standard error. sagactl --version tells the
            version.

            EXAMPLES
              sagactl register order.yaml
              sagactl start order --key ORD-1042 --input order.json --wait
              sagactl show order/ORD-1042
              sagactl list --live
              sagactl dlq
              sagactl --address 10.0.3.1:7242 --tls-ca ca.pem status

            EXIT STATUS
              0   done (an empty list too)         65  wrong definition file or input,
              1   no: undone under --wait, no          damaged journal
                  such saga, refused               69  coordinator unreachable
              2   parked or abandoned              70  any other error
              64  wrong flags                      73  cannot write the output
                                                   77  not allowed
                                                   78  a file of certificates or of
                                                       contexts is wrong
            """,
        subcommands: [
            Register.self, Definitions.self, Start.self, Show.self, List.self, DeadLetters.self,
            Watch.self,
            Participants.self, Cancel.self, Suspend.self, Resume.self, Retry.self, Skip.self,
            MarkCompensated.self, Compensate.self, Abandon.self, Complete.self, Status.self,
            Top.self, Doctor.self, Bundle.self,
            Archive.self, Backup.self, JournalVerbs.self, ContextVerbs.self,
        ])

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    static func main() async {
        ThisProcess.ignoreBrokenPipes()
        let arguments = Array(CommandLine.arguments.dropFirst())
        // Not the parser's own: `start` has an option of this name.
        if arguments == ["--version"] {
            StandardStream.output.write("\(version)\n")
            return
        }
        if let complaint = unknownVerb(in: arguments) {
            let style = Screen.style(of: .error, .auto)
            StandardStream.error.write(complaint.text(style))
            exit(withError: ExitCode(complaint.exit.rawValue))
        }
        await main(arguments)
    }

    /// What is wrong with the verb, if it is none: the parser knows of misspelt options only.
    static func unknownVerb(in arguments: [String]) -> Complaint? {
        let verbs = configuration.subcommands.map { $0._commandName } + ["help"]
        let valued: Set = [
            "--address", "--context", "--generate-completion-script", "--namespace", "--as",
            "--color", "--timeout", "--tls-ca",
            "--tls-cert",
            "--tls-key", "--tls-name",
        ]
        var rest = arguments[...]
        while let argument = rest.first, argument.hasPrefix("-") {
            rest = rest.dropFirst(valued.contains(argument) ? 2 : 1)
        }
        guard let verb = rest.first, !verbs.contains(verb) else { return nil }
        let meant = NearestName.candidate(for: verb, among: verbs).map { "; did you mean \($0)?" }
        return Complaint(
            "unknown verb \(ShownText.word(verb))\(meant ?? "")",
            hints: ["the verbs: \(verbs.dropLast().joined(separator: ", ")); sagactl --help"],
            exit: .usage)
    }
}
