internal import ArgumentParser
internal import SagaSystem

/// One verb of the admin client.
///
/// What it does is apart from where its answers come from and go to, so that it can be tried with
/// made-up answers.
protocol Verb: AsyncParsableCommand {
    var global: GlobalOptions { get }

    /// Asks, shows the answer, and says how it ended.
    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit
}

extension Verb {
    /// Performs the verb with the coordinator that the options name.
    func run() async throws {
        let screen = Screen.standard(global.color, isJSON: global.json)
        let exit: Complaint.Exit
        do throws(Complaint) {
            let options = try global.completed(
                by: ContextFile(ThisProcess.environment), ThisProcess.environment)
            exit = try await withCoordinator(
                options, hostName: ThisProcess.hostName, environment: ThisProcess.environment
            ) { calls throws(Complaint) in
                try await perform(calls, screen)
            }
        } catch {
            screen.error(error.text(screen.errorStyle))
            exit = error.exit
        }
        if exit != .done { throw ExitCode(exit.rawValue) }
    }
}
