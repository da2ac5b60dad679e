internal import SagaModel

/// What became of an operator's decision, in words.
enum DecisionDrawing {
    /// `order/ORD-1044  suspended  RUNNING`, and of a saga that was given up what is left.
    static func lines(
        _ decision: Decision, _ saga: NamedSaga, _ answer: VerbAnswer, _ style: Style
    ) -> [String] {
        let line = line(saga, words(decision, answer), answer.state)
        guard decision == .abandon else { return [line.text(style)] }
        var table = TextTable([.left, .left], gap: 3, indentation: 2)
        for effect in answer.left {
            let what = effect.isKnown ? "done, and not undone" : "in doubt, and not undone"
            table.add([StyledText(effect.step, .name), StyledText(what, .failed)])
        }
        return [line.text(style)] + table.lines(style)
    }

    /// Name, what was done to it, and where it is now.
    private static func line(_ saga: NamedSaga, _ what: String, _ state: SagaState) -> StyledText {
        StyledText("\(saga)", .name) + "  \(what)  "
            + StyledText(state.label, SagaDrawing.role(state))
    }

    private static func words(_ decision: Decision, _ answer: VerbAnswer) -> String {
        switch decision {
        case .cancel: "cancelled"
        case .suspend: "suspended"
        case .resume: "resumed"
        case .retry(nil): "tried again"
        case .retry(let step?): "\(step) tried again"
        case .skip(let step, _): "\(step) skipped"
        case .markCompensated(let step): "\(step) undone by hand"
        case .compensate: answer.hadEffect ? "sent back" : "goes back already"
        case .abandon: "abandoned"
        }
    }
}
