internal import ArgumentParser
internal import SagaModel
internal import SagaSystem
internal import UnixSignals

/// `top [--every TIME] [--count N]`.
struct Top: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Shows what goes on, again and again: rates, queues, and who is slow.",
        usage: "sagactl top [--every TIME] [--count N] [OPTIONS]",
        discussion: """
            Rates are those since the view before. The handlers with the oldest queue
            come first. On a terminal the view stays in its place; elsewhere one follows
            the other, and with --json there is one object a view.

            EXAMPLES
              sagactl top
              sagactl top --every 10s --count 6 --json

            EXIT STATUS
              0   you ended it (^C), or all views were shown
              69  the coordinator cannot be reached, or has gone
            """)

    @Option(help: ArgumentHelp("How often, e.g. 5s. Default: 1s.", valueName: "time"))
    var every: TimeLimit?

    @Option(help: ArgumentHelp("How many views. Default: until you end it.", valueName: "count"))
    var count: Int?

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is \(count); it is at least 1") }
        if let every, every.duration < .milliseconds(100) {
            throw ValidationError("--every is below 100ms, the shortest")
        }
    }

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await perform(calls, screen) { for await _ in signals { return } }
    }

    /// Shows views until `ended` returns.
    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen,
        until ended: @escaping @Sendable () async -> Void
    ) async throws(Complaint) -> Complaint.Exit {
        let (every, count) = (every?.duration ?? .seconds(1), count)
        let complaint = await untilEnded(by: ended) { () -> Complaint? in
            do throws(Complaint) {
                try await Self.show(calls, screen, every: every, count: count)
                return nil
            } catch {
                return Task.isCancelled ? nil : error
            }
        }
        if let complaint { throw complaint }
        return .done
    }

    private static func show(
        _ calls: any CoordinatorCalls, _ screen: Screen, every: Duration, count: Int?
    ) async throws(Complaint) {
        let clock = ContinuousClock()
        var next = clock.now
        var before: CoordinatorStatus?
        var shown = 0
        while !Task.isCancelled {
            let status = try await calls.status()
            let participants = try await calls.participants()
            // Rates need a view before; the first one is taken soon.
            if let before {
                let view = TopView(status, since: before, participants)
                if screen.isJSON {
                    try screen.show([view.object])
                } else {
                    let clear = screen.showsProgress ? "\u{1B}[H\u{1B}[J" : ""
                    try screen.output(
                        clear + view.lines(screen.style).map { $0 + "\n" }.joined())
                }
                shown += 1
                if let count, shown >= count { return }
            }
            next = next + (before == nil ? min(every, .milliseconds(500)) : every)
            before = status
            try? await clock.sleep(until: next, tolerance: .milliseconds(10))
        }
    }
}
