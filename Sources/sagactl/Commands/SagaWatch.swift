internal import SagaModel

/// Waits for the end of a saga and tells whoever looks how far it is.
struct SagaWatch {
    /// How often the line of progress is drawn anew.
    private static let interval: Duration = .milliseconds(500)

    private let calls: any CoordinatorCalls
    private let screen: Screen

    init(_ calls: any CoordinatorCalls, _ screen: Screen) {
        self.calls = calls
        self.screen = screen
    }

    /// The saga when it has ended or parked, or as it stands when the time is over.
    ///
    /// A person sees a line of progress: the wait is then asked for in rounds, each of which
    /// answers at once when the saga ends.
    func end(of id: SagaID, within time: Duration?) async throws(Complaint) -> SagaStatus {
        guard screen.showsProgress else { return try await calls.await(id, for: time) }
        var remaining = time
        while true {
            let round = min(Self.interval, remaining ?? Self.interval)
            let status: SagaStatus
            do {
                status = try await calls.await(id, for: round)
            } catch {
                screen.progress("")
                throw error
            }
            remaining = remaining.map { $0 - round }
            let isOver = remaining.map { $0 <= .zero } ?? false
            if status.state.isEnded || status.state == .failed || isOver {
                screen.progress("")
                return status
            }
            screen.progress(Self.line(status, screen.errorStyle))
        }
    }

    /// What the saga is at: `charge  waits 2m 14s for a participant`.
    static func line(_ saga: SagaStatus, _ style: Style) -> String {
        let current = saga.steps.first(where: \.isCurrent)
        guard let step = current else { return saga.state.label }
        let task = step.state == .compensating ? step.compensation ?? step.action : step.action
        let undo = step.state == .compensating ? "undo " : ""
        let line =
            StyledText(.waits, style) + " " + StyledText(step.name, .name) + "  \(undo)"
            + WaitingText(task, saga).text
        return line.text(style)
    }
}
