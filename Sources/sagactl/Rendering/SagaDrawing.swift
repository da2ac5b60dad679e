internal import SagaModel

/// A saga as a picture in text: a headline, why it went back, its steps.
struct SagaDrawing {
    /// How much is drawn.
    struct Detail: Equatable, Sendable {
        /// Whether only steps and times are.
        var isBrief = false
        /// Whether inputs, outputs and progress are.
        var hasPayloads = false
        /// Whether every attempt and verb is.
        var hasHistory = false

        /// For whoever has just run it: steps and times.
        static let brief = Detail(isBrief: true)
        /// For whoever looks at it: also who started it, handlers and attempts.
        static let full = Detail()
        /// The same with inputs and outputs.
        static let payloads = Detail(hasPayloads: true)
    }

    let saga: SagaStatus
    let detail: Detail
    let style: Style

    /// Draws a saga as it stood when the coordinator looked.
    init(_ saga: SagaStatus, _ detail: Detail, _ style: Style) {
        self.saga = saga
        self.detail = detail
        self.style = style
    }

    /// The whole picture.
    var lines: [String] {
        if detail.isBrief {
            return [Self.title(saga).text(style)] + causes + steps + [outcome.text(style)]
        }
        return [headline.text(style), started.text(style)]
            + SagaNotes(saga).lines.map { $0.text(style) } + causes
            + payload("input", saga.input) + steps + payload("output", saga.output) + verbs
            + leftOut + hints
    }

    /// `order/ORD-1042`: the name by which people know a saga, without a key that nobody chose.
    static func name(_ definition: String, _ key: String) -> String {
        key.isEmpty ? definition : "\(definition)/\(key)"
    }

    /// Name and id.
    static func title(_ saga: SagaStatus) -> StyledText {
        StyledText.joined(
            [
                StyledText(name(saga.definition, shownKey(saga)), .name),
                StyledText(saga.id.description, .dim),
            ], by: "  ")
    }

    private static func shownKey(_ saga: SagaStatus) -> String {
        saga.keyIsRandom ? "" : saga.key
    }

    /// How a command names this saga again.
    private var argument: String {
        let key = Self.shownKey(saga)
        let isPlain = key.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "+")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
        }
        return key.isEmpty || !isPlain ? saga.id.description : "\(saga.definition)/\(key)"
    }

    /// `order/ORD-1043  RUNNING for 2m 14s  v3  0199...`.
    private var headline: StyledText {
        let attention: StyledText =
            saga.attention.isEmpty ? "" : StyledText("needs attention", .failed)
        let suspended: StyledText = saga.isSuspended ? StyledText("suspended", .waiting) : ""
        return StyledText.joined(
            [
                StyledText(Self.name(saga.definition, Self.shownKey(saga)), .name), outcome,
                suspended, attention, StyledText("v\(saga.version)"),
                StyledText(saga.id.description, .dim),
            ], by: "  ")
    }

    /// The state, and how long it lasts or the saga took: `COMPLETED in 71 ms`.
    var outcome: StyledText {
        let state = StyledText(saga.state.label, Self.role(saga.state))
        if saga.state.isEnded {
            let began = saga.more.runningSince ?? saga.startedAt
            let took = (saga.endedAt ?? saga.observedAt) - began
            return state + " in \(ShownDuration.long(took))"
        }
        return state + " for \(ShownDuration.long(saga.observedAt - saga.stateSince))"
    }

    static func role(_ state: SagaState) -> Role {
        switch state {
        case .completed: .done
        case .compensating, .compensated, .pending: .waiting
        case .failed, .abandoned: .failed
        case .running: .plain
        }
    }

    private var started: StyledText {
        let labels = saga.labels.sorted { $0.key < $1.key }
            .map { StyledText("\($0.key)=\($0.value)") }
        let line =
            StyledText("started ")
            + StyledText(ShownInstant.full(saga.startedAt), .dim)
            + " by \(ShownPrincipal.text(saga.principal))"
        return StyledText.joined([line] + labels, by: "  ")
    }

    /// Why it went back, and why it is parked.
    private var causes: [String] {
        var lines: [String] = []
        let parkedFor = saga.more.parking.flatMap { Self.text($0.reason) }
        if let failure = saga.failure {
            lines.append(
                saga.isParkedForward
                    ? cause("parked", failure, [parkedFor])
                    : cause("went back", failure, [sentBackBy]))
        }
        if let failure = saga.compensationFailure {
            lines.append(cause(saga.state == .failed ? "parked" : "undo failed", failure, []))
        }
        return lines
    }

    private var sentBackBy: String? {
        saga.more.sentBackBy.map { "by \(ShownPrincipal.text($0.by))" }
    }

    /// What parked it, where that is not plain from what failed.
    private static func text(_ reason: ParkingReason) -> String? {
        switch reason {
        case .compensationFailed: nil
        case .pastPivot: "past the pivot"
        case .pivotUndecided: "the pivot is undecided"
        case .pivotOutputRefused: "the pivot happened, and its output was refused"
        case .childAbandoned: "its child saga was abandoned"
        }
    }

    /// `went back at ship: no-carrier "No carrier serves 99950" (attempt 1, shipping/s-1,
    /// 08:03:02)`.
    private func cause(_ what: String, _ fault: SagaFault, _ more: [String?]) -> String {
        var facts = more.compactMap { $0.map { StyledText($0) } }
        if fault.attempt > 0 { facts.append(StyledText("attempt \(fault.attempt)")) }
        facts.append(StyledText(fault.instance))
        facts.append(StyledText(ShownInstant.brief(fault.at, seenAt: saga.observedAt), .dim))
        let place = fault.step.isEmpty ? what : "\(what) at \(fault.step)"
        let line =
            StyledText("\(place): ") + StyledText(fault.failure.code, .failed)
            + Self.quoted(fault.failure.message) + " ("
            + StyledText.joined(facts, by: ", ") + ")"
        return line.text(style)
    }

    private static func quoted(_ message: String) -> String {
        message.isEmpty ? "" : " \"\(message)\""
    }

    private func payload(
        _ name: String, _ payload: Payload?, indentation: String = ""
    ) -> [String] {
        guard detail.hasPayloads, let payload else { return [] }
        let line = StyledText("\(indentation)\(name)  ", .dim) + ShownPayload.line(payload)
        return [line.text(style)]
    }

    private var steps: [String] {
        let rows = StepGraph(saga.steps, style).rows
        let drawings = rows.map { StepDrawing($0, in: saga, isBrief: detail.isBrief, style) }
        var table = StepDrawing.table(drawings)
        for drawing in drawings { table.add(drawing.cells) }
        let lines = table.lines(style)
        guard detail.hasPayloads || detail.hasHistory else { return lines }
        return zip(rows, lines).flatMap { row, line in
            [line] + particulars(of: saga.steps[row.step], "  \(row.below)    ")
        }
    }

    /// What stands below a step: its attempts, what it got and gave, and how far it is.
    private func particulars(of step: StepStatus, _ indentation: String) -> [String] {
        let tasks =
            [(step.action, Direction.action)]
            + (step.compensation.map { [($0, Direction.compensation)] } ?? [])
        let attempts = tasks.flatMap { task, direction in
            detail.hasHistory
                ? AttemptDrawing(task, direction, seenAt: saga.observedAt).lines(style) : []
        }
        let margin = StyledText(indentation, .dim).text(style)
        return payload("input", step.more.input, indentation: indentation)
            + attempts.map { margin + $0 }
            + payload("progress", step.action.progress, indentation: indentation)
            + payload("output", step.output, indentation: indentation)
    }

    /// What people told the saga.
    private var verbs: [String] {
        var table = TextTable([.left, .left, .left])
        for entry in saga.more.verbs {
            let step = entry.step.isEmpty ? "" : " \(entry.step)"
            table.add([
                StyledText(ShownInstant.brief(entry.at, seenAt: saga.observedAt), .dim),
                StyledText("\(entry.verb.label)\(step)", .name),
                StyledText("by \(ShownPrincipal.text(entry.by))")
                    + ShownPrincipal.because(entry.reason),
            ])
        }
        return table.lines(style)
    }

    /// What the answer had no room for.
    private var leftOut: [String] {
        guard !saga.omitted.isEmpty else { return [] }
        var table = TextTable([.left, .right])
        for omitted in saga.omitted.prefix(Self.omittedShown) {
            let step = omitted.step.isEmpty ? "" : "--step \(omitted.step) "
            table.add([
                StyledText("  \(step)--part \(omitted.part.label)"),
                StyledText(ShownNumber.bytes(UInt64(omitted.bytes)), .dim),
            ])
        }
        let more = saga.omitted.count - Self.omittedShown
        return ["left out, the answer would have become too large; sagactl show \(argument) with:"]
            + table.lines(style) + (more > 0 ? ["  and \(more) others, see --json"] : [])
    }

    /// How many parts that were left out are named.
    private static let omittedShown = 10

    private var hints: [String] {
        NextSteps(saga, argument).lines.map { StyledText($0).text(style) }
    }
}
