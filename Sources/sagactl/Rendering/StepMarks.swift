internal import SagaModel

/// What a step is by its definition, and what has become of that: `pivot, undecided`; `optional,
/// when input#/notify equals true`.
struct StepMarks {
    private let step: StepStatus
    private let isBrief: Bool

    init(_ step: StepStatus, isBrief: Bool) {
        self.step = step
        self.isBrief = isBrief
    }

    /// One line, empty for a plain step.
    var text: String {
        var marks: [String] = []
        if let pivot = step.more.pivot { marks.append(isBrief ? "pivot" : Self.text(pivot)) }
        if step.more.isOptional, !isBrief || step.state != .succeeded { marks.append("optional") }
        if step.state == .pending, let condition = step.more.condition {
            marks.append(Self.text(condition))
        }
        if !isBrief, step.state != .scheduled, let child = step.more.children.last {
            marks.append("child \(child)")
        }
        return marks.joined(separator: ", ")
    }

    /// What runs the step: a handler, or `saga payment v2`.
    static func work(_ step: StepStatus) -> String {
        guard let version = step.more.childVersion else { return step.handler }
        return version == 0 ? "saga \(step.handler)" : "saga \(step.handler) v\(version)"
    }

    private static func text(_ mark: PivotMark) -> String {
        mark == .failed ? "pivot, did not happen" : "pivot, \(mark.label)"
    }

    /// `when input#/notify equals true`.
    static func text(_ condition: Condition) -> String {
        let place = condition.reference.description
        return switch condition.test {
        case .equals(let json): "when \(place) equals \(json)"
        case .notEquals(let json): "when \(place) does not equal \(json)"
        case .exists(true): "when \(place) is there"
        case .exists(false): "when \(place) is not there"
        }
    }

    /// `skipped: input#/notify is false`, `skipped by alice@web: done by hand`.
    static func skip(_ step: StepStatus) -> StyledText {
        switch step.more.skip {
        case nil, .person(nil): return StyledText("skipped", .dim)
        case .condition(let found):
            guard let place = step.more.condition?.reference.description else {
                return StyledText("skipped: its condition is not met", .dim)
            }
            let value = found.isEmpty ? "not there" : found
            return StyledText("skipped: \(place) is \(value)", .dim)
        case .person(let entry?):
            return StyledText("skipped by \(ShownPrincipal.text(entry.by))", .dim)
                + ShownPrincipal.because(entry.reason)
        }
    }
}

/// People and programs that ask for something.
enum ShownPrincipal {
    /// `web@10.0.3.7 (unverified)`.
    static func text(_ principal: Principal) -> String {
        principal.isVerified ? principal.name : "\(principal.name) (unverified)"
    }

    /// `: reason`, or nothing where none was given.
    static func because(_ reason: String) -> String { reason.isEmpty ? "" : ": \(reason)" }
}
