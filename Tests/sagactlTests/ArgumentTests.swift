import ArgumentParser
import SagaModel
import Testing

@testable import sagactl

/// What is typed: options before and after the verb, and what is wrong with a line.
@Suite struct ArgumentTests {
    @Test(arguments: [
        (["start", "order"], "Missing expected argument '--input <file>'"),
        (["start", "order", "--input", "-", "--version", "0"], "--version counts from 1"),
        (["start", "order", "--input", "-", "--key", ""], "--key is empty"),
        (
            ["start", "order", "--input", "-", "--label", "x"],
            "The value 'x' is invalid for '--label"
        ),
        (["list", "--stat", "running"], "Unknown option '--stat'. Did you mean '--state'?"),
        (["list", "--state", "runing"], "The value 'runing' is invalid for '--state"),
        (["list", "--live", "--state", "completed"], "--live and --state COMPLETED exclude"),
        (
            ["list", "--attention", "--state", "completed"],
            "--attention: no saga needs it that has ended"
        ),
        (
            ["list", "--definition", "order@x"],
            "The value 'order@x' is invalid for '--definition"
        ),
        (["list", "--definition", "@3"], "The value '@3' is invalid for '--definition"),
        (["dlq", "--limit", "0"], "--limit is 0; it must be above zero"),
        (["dlq", "--why", "bored"], "The value 'bored' is invalid for '--why"),
        (["list", "--limit", "0"], "--limit is 0; it must be above zero"),
        (["show", "order"], "The value 'order' is invalid for '<saga>'"),
        (["show"], "Missing expected argument '<saga>'"),
        (["show", "order/K", "--format", "svg"], "The value 'svg' is invalid for '--format"),
        (
            ["show", "order/K", "--format", "mermaid", "--json"],
            "--json and --format mermaid exclude each other"
        ),
        (["cancel", "order/K"], "Missing expected argument '--reason <text>'"),
        (["suspend", "order/K"], "Missing expected argument '--reason <text>'"),
        (["skip", "order/K", "--reason", "r"], "which step? Name it behind the saga"),
        (["skip", "--definition", "order", "--reason", "r"], "or once by --step"),
        (["skip", "order/K", "ship"], "Missing expected argument '--reason <text>'"),
        (["mark-compensated", "order/K", "--reason", "r"], "which step? Name it behind the saga"),
        (["retry"], "which saga? Name it by its id or as DEFINITION/KEY, or many by a filter"),
        (["retry", "--yes"], "nothing does it to all"),
        (["abandon", "--reason", "r", "--yes"], "nothing does it to all"),
        (["cancel", "order/K", "--handler", "h", "--reason", "r"], "order/K is one saga"),
        (["retry", "order/K", "--yes"], "--yes is for many sagas"),
        (["retry", "order/K", "a", "--step", "b"], "which step? Name it behind the saga, or by"),
        (
            ["cancel", "--state", "failed", "--reason", "r"],
            "--state failed: cancel is for sagas that are pending, running"
        ),
        (["retry", "--definition", "o", "--rate", "0"], "--rate is 0; it must be from 1 to 10000"),
        (["mark-compensated", "order/K", "a"], "Missing expected argument '--reason <text>'"),
        (["compensate", "order/K"], "Missing expected argument '--reason <text>'"),
        (["abandon", "order/K"], "Missing expected argument '--reason <text>'"),
        (["complete"], "Missing expected argument '<token>'"),
        (
            ["complete", "T", "--failed", "a", "--retry", "b"],
            "--failed and --retry exclude each other"
        ),
        (
            ["complete", "T", "--output", "-", "--failed", "a"],
            "--output and --failed exclude each other"
        ),
        (["complete", "T", "--message", "m"], "--message needs --failed or --retry"),
        (["complete", "T", "--failed", ""], "--failed is empty; write a code"),
        (["status", "--timeout", "10 sec"], "The value '10 sec' is invalid for '--timeout"),
        (["status", "--color", "red"], "The value 'red' is invalid for '--color"),
        (["status", "more"], "Unexpected argument 'more'"),
        (["register"], "Missing expected argument '<file>'"),
        (["register", "f", "--schema"], "--schema takes no file"),
        (["register", "--schema", "--check"], "--check and --schema exclude each other"),
    ])
    func wrongLines(_ line: [String], _ message: String) {
        let error = #expect(throws: (any Error).self) { _ = try Sagactl.parseAsRoot(line) }
        guard let error else { return }
        #expect(Sagactl.exitCode(for: error).rawValue == 64)
        #expect(Sagactl.message(for: error).contains(message), "\(Sagactl.message(for: error))")
    }

    @Test(arguments: [
        (["shwo", "order/K"], "error: unknown verb shwo; did you mean show?\n"),
        (["--address", "list", "--json", "lst"], "error: unknown verb lst; did you mean list?\n"),
        (["frobnicate"], "error: unknown verb frobnicate\n"),
    ])
    func unknownVerbs(_ line: [String], _ message: String) {
        let complaint = Sagactl.unknownVerb(in: line)
        #expect(complaint?.exit == .usage)
        let verbs =
            "register, definitions, start, show, list, dlq, watch, participants, cancel, suspend, "
            + "resume, retry, skip, mark-compensated, compensate, abandon, complete, status, "
            + "top, doctor, bundle, archive, backup, journal, context"
        #expect(complaint?.text(.plain) == message + "the verbs: \(verbs); sagactl --help\n")
    }

    @Test(arguments: [
        ["list"], ["--json", "list"], ["--address=x:1", "status"],
        ["--as", "me", "show", "order/K"],
        ["help", "show"], ["--help"], ["--version"], [], ["--generate-completion-script", "bash"],
    ])
    func knownVerbs(_ line: [String]) {
        #expect(Sagactl.unknownVerb(in: line) == nil)
    }

    @Test(arguments: [
        [
            "--address", "h:1", "--json", "--namespace", "n", "--as", "me", "--color", "never",
            "list",
        ],
        ["list", "--address", "h:1", "--json", "--namespace", "n", "--as", "me", "--color=never"],
        [
            "--json", "--as", "me", "list", "--color", "never", "--address", "h:1", "--namespace",
            "n",
        ],
    ])
    func globalOptionsOnEitherSideOfTheVerb(_ line: [String]) throws {
        let global = try #require(try Sagactl.parseAsRoot(line) as? List).global
        #expect(global.address == "h:1" && global.json && global.namespace == "n")
        #expect(global.principal == "me" && global.color == .never)
    }

    @Test func whereAndWho() throws {
        let global = try GlobalOptions.parse([])
        #expect(global.chosenAddress { _ in nil } == "127.0.0.1:7242")
        #expect(global.chosenAddress { _ in "" } == "127.0.0.1:7242")
        #expect(global.chosenAddress { $0 == "SAGACTL_ADDRESS" ? "h:1" : nil } == "h:1")
        #expect(
            try GlobalOptions.parse(["--address", "i:2"]).chosenAddress { _ in "h:1" } == "i:2")
        #expect(
            global.chosenPrincipal({ $0 == "USER" ? "amy" : nil }, hostName: "web") == "amy@web")
        #expect(
            global.chosenPrincipal({ $0 == "LOGNAME" ? "amy" : "" }, hostName: "")
                == "amy@localhost")
        #expect(
            try GlobalOptions.parse(["--as", "ops"]).chosenPrincipal({ _ in "x" }, hostName: "y")
                == "ops")
    }

    @Test func aNameThatNoHeaderCanCarryIsMadeOneThatCan() throws {
        let global = try GlobalOptions.parse([])
        let name = global.chosenPrincipal({ $0 == "USER" ? "bj\u{F8}rn\n" : nil }, hostName: "web")
        #expect(name == "bj?rn?@web")
    }

    @Test func everyVerbTeaches() {
        let verbs = Sagactl.configuration.subcommands + JournalVerbs.configuration.subcommands
        for verb in verbs {
            let configuration = verb.configuration
            #expect(!configuration.abstract.isEmpty, "\(verb)")
            #expect(configuration.discussion.contains("EXAMPLES\n  sagactl "), "\(verb)")
            #expect(configuration.discussion.contains("EXIT STATUS\n  0   "), "\(verb)")
        }
    }
}
