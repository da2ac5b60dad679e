internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// `archive stat`, `archive purge`.
struct Archive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the archive of ended sagas, or deletes old ones.",
        usage: """
            sagactl archive stat [OPTIONS]
            sagactl archive purge --older-than TIME [--yes] [OPTIONS]
            """,
        discussion: """
            The archive holds the sagas that have ended. Live sagas and business keys are
            elsewhere: nothing that is done here touches them.

            EXAMPLES
              sagactl archive stat
              sagactl archive purge --older-than 90d

            EXIT STATUS
              0   done
              1   no: there is no archive, or something to delete was only counted
            """,
        subcommands: [Stat.self, Purge.self])

    /// `archive stat`.
    struct Stat: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Shows how far and how large the archive is.",
            usage: "sagactl archive stat [OPTIONS]",
            discussion: """
                EXAMPLES
                  sagactl archive stat
                  sagactl archive stat --json

                EXIT STATUS
                  0   there is an archive
                  1   the coordinator runs without one
                """)

        @OptionGroup(title: "Options of every verb") var global: GlobalOptions

        func perform(
            _ calls: any CoordinatorCalls, _ screen: Screen
        ) async throws(Complaint) -> Complaint.Exit {
            guard let archive = try await calls.status().archive else {
                throw Complaint(
                    "this coordinator runs without an archive",
                    hints: ["sagad was started with --no-archive"], exit: .no)
            }
            if screen.isJSON {
                try screen.show([JSONObject(archive)])
            } else {
                try screen.show(ArchiveDrawing.lines(archive, screen.style))
            }
            return .done
        }
    }

    /// `archive purge --older-than TIME [--yes]`.
    struct Purge: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Deletes sagas from the archive that ended long ago.",
            usage: "sagactl archive purge --older-than TIME [--yes] [OPTIONS]",
            discussion: """
                Without --yes it only counts them. A saga goes with its children. Live sagas
                and business keys are not touched.

                EXAMPLES
                  sagactl archive purge --older-than 90d
                  sagactl archive purge --older-than 90d --yes

                EXIT STATUS
                  0   deleted, or there is nothing to delete
                  1   counted only: there are some
                """)

        @Option(
            help: ArgumentHelp("Sagas that ended at least so long ago.", valueName: "time"))
        var olderThan: AgeArgument

        @Flag(help: "Delete them; without it they are only counted.")
        var yes = false

        @OptionGroup(title: "Options of every verb") var global: GlobalOptions

        func perform(
            _ calls: any CoordinatorCalls, _ screen: Screen
        ) async throws(Complaint) -> Complaint.Exit {
            let age = olderThan.duration
            let count = try await calls.purge(olderThan: age, countsOnly: true).sagas
            let sagas = ShownNumber.of(count, "saga")
            guard yes, count > 0 else {
                if screen.isJSON {
                    try screen.show([JSONObject(PurgeAnswer(sagas: count, hasMore: count > 0))])
                } else {
                    try screen.show(["\(sagas) ended over \(DurationText.text(age)) ago"])
                    if count > 0 { screen.note("nothing is deleted without --yes") }
                }
                return count > 0 ? .no : .done
            }
            var deleted: UInt64 = 0
            while true {
                let answer = try await calls.purge(olderThan: age, countsOnly: false)
                deleted += answer.sagas
                if !answer.hasMore { break }
            }
            if screen.isJSON {
                try screen.show([JSONObject(PurgeAnswer(sagas: deleted, hasMore: false))])
            } else {
                try screen.show(["\(ShownNumber.of(deleted, "saga")) deleted"])
            }
            return .done
        }
    }
}

/// An age as it is typed: `90d`.
struct AgeArgument: Equatable, ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let duration = DurationText.parse(argument), duration >= .zero else { return nil }
        self.duration = duration
    }
}
