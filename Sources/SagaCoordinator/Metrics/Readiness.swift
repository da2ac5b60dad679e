internal import SagaModel

/// Whether the coordinator is ready for calls, as `/readyz` tells it: one line of JSON.
enum Readiness: Equatable, Sendable {
    /// It replays its journal; nil before it is known how much there is.
    case recovering(RecoveryProgress?)
    /// It serves; with so much room for the journal.
    case serving(SpaceLevel)
    /// The journal has no room for anything: nothing goes on until there is.
    case full(SpaceLevel)
    /// A sync takes so long that nothing new is let in.
    case stalled(Duration)
    /// It is about to end.
    case stopping

    /// What it is, in the order of what weighs more.
    ///
    /// Where only starts are refused it is ready: participants must come to it for all that lives.
    init(
        isStopping: Bool, isServing: Bool, progress: RecoveryProgress?, stalled: Duration?,
        space: SpaceLevel
    ) {
        if isStopping {
            self = .stopping
        } else if !isServing {
            self = .recovering(progress)
        } else if let stalled {
            self = .stalled(stalled)
        } else {
            self = space.takesRecords ? .serving(space) : .full(space)
        }
    }

    /// Whether calls are served.
    var isReady: Bool {
        switch self {
        case .serving: true
        case .recovering, .full, .stalled, .stopping: false
        }
    }

    /// One line of JSON.
    var text: String {
        switch self {
        case .recovering(nil): "{\"state\":\"recovering\"}\n"
        case .recovering(let progress?):
            "{\"state\":\"recovering\",\"records\":\(progress.records),"
                + "\"percent\":\(progress.percent)"
                + (progress.remaining.map { ",\"secondsLeft\":\(seconds($0))" } ?? "") + "}\n"
        case .serving(let level): "{\"state\":\"serving\",\"space\":\"\(level.label)\"}\n"
        case .full(let level): "{\"state\":\"full\",\"space\":\"\(level.label)\"}\n"
        case .stalled(let time): "{\"state\":\"stalled\",\"syncSeconds\":\(seconds(time))}\n"
        case .stopping: "{\"state\":\"stopping\"}\n"
        }
    }

    /// Whole seconds, rounded.
    private func seconds(_ time: Duration) -> Int64 { (time.microseconds + 500_000) / 1_000_000 }
}
