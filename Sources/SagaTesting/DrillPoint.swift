internal import Saga
internal import SagaModel

/// Where a drill lets something go wrong.
public struct DrillPoint: Sendable, CustomStringConvertible {
    /// The definition of the step: the drilled one, or that of a child saga.
    public let definition: String
    /// The step; empty for the run in which nothing goes wrong.
    public let step: String
    /// What goes wrong, in words.
    public let description: String
    /// What is injected at the step.
    let faults: [PlannedFault]
    /// How long handlers may come to a late end behind the end of the saga.
    var settles: Duration = TestLimits.drillSettles

    /// A fault at one direction of one step.
    struct PlannedFault {
        let definition: String
        let step: String
        let direction: Direction
        let attempts: ClosedRange<Int>?
        let fault: Fault
    }
}

/// Finds the points of a definition, and of the children that it names.
struct DrillPlan {
    /// What a drill throws for a business *no*, and for an error in doubt.
    static let no = SagaFailure("drill", "the drill says no")
    static let doubt = SagaRetry("drill", "the drill lets it fail")

    let definitions: [String: SagaDefinition]

    /// All points of a definition, the run without a fault first.
    func points(of name: String) -> [DrillPoint] {
        var points = [
            DrillPoint(definition: name, step: "", description: "nothing", faults: [])
        ]
        var seen: Set<String> = []
        add(name, to: &points, seen: &seen)
        return points
    }

    private func add(_ name: String, to points: inout [DrillPoint], seen: inout Set<String>) {
        guard let definition = definitions[name], seen.insert(name).inserted else { return }
        let places = PivotPlace.places(in: definition)
        for (index, step) in definition.steps.enumerated() {
            if case .saga(let child, _) = step.work {
                add(child, to: &points, seen: &seen)
                continue
            }
            points += actionPoints(definition, step, places[index])
            guard places[index] == .before, step.isCompensated != false else { continue }
            points += undoPoints(definition, step, index, places)
        }
    }

    private func actionPoints(
        _ definition: SagaDefinition, _ step: StepDefinition, _ place: PivotPlace
    ) -> [DrillPoint] {
        let point = { (what: String, attempts: ClosedRange<Int>?, fault: Fault) in
            DrillPoint(
                definition: definition.name, step: step.name,
                description: "\(step.name): \(what)",
                faults: [
                    DrillPoint.PlannedFault(
                        definition: definition.name, step: step.name, direction: .action,
                        attempts: attempts, fault: fault)
                ])
        }
        // Behind the pivot a *no* parks the saga, and an error without an end is asked for ever.
        let mayFail = place == .before || step.onFailure == .continue
        var points = [
            mayFail || place == .pivot
                ? point("says no before its effect", nil, .throw(Self.no))
                : point("fails once before its effect", 1...1, .throw(Self.doubt)),
            point("fails once after its effect", 1...1, .throwAfter(Self.doubt)),
        ]
        if mayFail {
            points.append(point("fails after its effect, always", nil, .throwAfter(Self.doubt)))
            let behindUndo = timeOfAllAttempts(of: step)
            var late = point("runs late behind its undo", nil, .delay(behindUndo))
            late.settles = behindUndo + TestLimits.drillSettles
            points.append(late)
        }
        points += [
            point("loses its first reply", 1...1, .loseReply),
            point("crashes after its effect", 1...1, .crash),
            point("runs late beside its second attempt", 1...1, .delay(lateness(of: step))),
        ]
        return points
    }

    /// Longer than an attempt may take, so that another one is at work by then.
    private func lateness(of step: StepDefinition) -> Duration {
        (step.timeouts?.startToClose ?? .seconds(30)) + .seconds(60)
    }

    /// Longer than all attempts may take that are not answered.
    private func timeOfAllAttempts(of step: StepDefinition) -> Duration {
        let attempts = step.retry?.maxAttempts ?? 10
        let each = lateness(of: step) + (step.retry?.max ?? .seconds(30)) * 2
        return each * Int(min(attempts, TestLimits.drilledAttempts))
    }

    private func undoPoints(
        _ definition: SagaDefinition, _ step: StepDefinition, _ index: Int,
        _ places: [PivotPlace]
    ) -> [DrillPoint] {
        let cause = goingBack(definition, index, places)
        return [
            ("undo fails once before its effect", Fault.throw(Self.doubt)),
            ("undo fails once after its effect", .throwAfter(Self.doubt)),
            ("undo loses its first reply", .loseReply),
            ("undo crashes after its effect", .crash),
        ].map { what, fault in
            DrillPoint(
                definition: definition.name, step: step.name,
                description: "\(step.name): \(what)",
                faults: [
                    cause,
                    DrillPoint.PlannedFault(
                        definition: definition.name, step: step.name, direction: .compensation,
                        attempts: 1...1, fault: fault),
                ])
        }
    }

    /// What makes a saga go back once a step is done: the *no* of the last step that may say it; of
    /// the step itself, an error after its effect that does not end.
    private func goingBack(
        _ definition: SagaDefinition, _ index: Int, _ places: [PivotPlace]
    ) -> DrillPoint.PlannedFault {
        let later = definition.steps.indices.last { candidate in
            let step = definition.steps[candidate]
            guard candidate > index, case .handler = step.work else { return false }
            return places[candidate] != .after && step.onFailure != .continue && step.when == nil
        }
        return DrillPoint.PlannedFault(
            definition: definition.name, step: definition.steps[later ?? index].name,
            direction: .action, attempts: nil,
            fault: later == nil ? .throwAfter(Self.doubt) : .throw(Self.no))
    }
}
