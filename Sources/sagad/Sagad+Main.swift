internal import ArgumentParser
internal import FoundationEssentials
internal import SagaModel
internal import SagaSystem

// From the command line, the environment and the file to a daemon that runs, or to what `sagad
// config` prints.
extension Sagad {
    /// What is wrong is told in one line each, like everything else that keeps the daemon from
    /// starting.
    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if arguments.first == "config" {
                arguments.removeFirst()
                try showConfiguration(arguments)
            } else {
                let settings = asksForHelp(arguments) ? Settings() : try readSettings(arguments)
                try await parsed(settings, arguments).run(settings, arguments)
            }
        } catch let fault as Settings.Fault {
            for line in fault.lines { StandardStream.error.write("sagad: error: \(line)\n") }
            ThisProcess.end(status: Complaint.Exit.configuration.rawValue)
        } catch let error where exitCode(for: error) == .validationFailure {
            let message = message(for: error)
            let isHidden = ["--connection-", "--http2-"].contains { message.contains($0) }
            let page = isHidden ? "--help-hidden" : "--help"
            StandardStream.error.write("sagad: error: \(message); see sagad \(page)\n")
            ThisProcess.end(status: exitCode(for: error).rawValue)
        } catch {
            exit(withError: error)
        }
    }

    /// Whether only something about the program is asked for, which wrong settings must not hide.
    private static func asksForHelp(_ arguments: [String]) -> Bool {
        let wanted = ["--help", "-h", "--help-hidden", "--version", "--experimental-dump-help"]
        return arguments.contains { wanted.contains($0) || $0.hasPrefix("--generate-") }
    }

    /// Reads all settings, as they are written now.
    static func readSettings(_ arguments: [String]) throws(Settings.Fault) -> Settings {
        try Settings(
            arguments, environment: ProcessInfo.processInfo.environment,
            sockets: ServiceEnvironment.ofThisProcess.sockets)
    }

    /// Checks all settings, and makes them a command.
    ///
    /// - Throws: `Settings.Fault` for what is wrong outside the command line; else what the parser
    ///   of command lines throws.
    static func parsed(_ settings: Settings, _ arguments: [String]) throws -> Sagad {
        do {
            return try parse(settings.arguments(before: arguments))
        } catch let error where exitCode(for: error) == .validationFailure {
            let message = message(for: error)
            let places = settings.places(namedIn: message)
            guard !places.isEmpty else { throw error }
            throw Settings.Fault(["\(places.joined(separator: ", ")): \(message)"])
        }
    }

    private static func showConfiguration(_ arguments: [String]) throws {
        let isJSON = arguments.contains("--json")
        let rest = arguments.filter { $0 != "--json" }
        let settings = try readSettings(rest)
        // What is only shown needs no directory, and neither does what is only checked.
        let isWhole = settings.values["data-dir"] != nil
        _ = try parsed(settings, isWhole ? rest : rest + ["--data-dir", "."])
        let lines = isJSON ? settings.objects() : settings.lines()
        StandardStream.output.write(lines.map { $0 + "\n" }.joined())
    }
}
