internal import ArgumentParser

/// A verb by which an operator decides what becomes of a saga; all of them are asked and answered
/// in the same form.
protocol DecidingVerb: Verb {
    var saga: NamedSaga { get }
    var reason: String { get }

    /// What was decided; throws where a file that it names cannot be taken.
    func decision() throws(Complaint) -> Decision
}

extension DecidingVerb {
    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let decision = try decision()
        let answer = try await calls.perform(decision, on: saga, reason: reason)
        if screen.isJSON {
            try screen.show([JSONObject(answer)])
        } else {
            try screen.show(DecisionDrawing.lines(decision, saga, answer, screen.style))
        }
        return .done
    }
}
