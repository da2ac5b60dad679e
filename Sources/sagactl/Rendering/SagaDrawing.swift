internal import SagaModel

/// A saga as a picture in text: a headline, why it went back, its steps.
struct SagaDrawing {
    /// How much is drawn.
    enum Detail {
        /// For whoever has just run it: steps and times.
        case brief
        /// For whoever looks at it: also who started it, handlers and attempts.
        case full
        /// The same with inputs and outputs.
        case payloads
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
        switch detail {
        case .brief:
            [Self.title(saga).text(style)] + causes + steps + [outcome.text(style)]
        case .full, .payloads:
            [headline.text(style), started.text(style)] + causes + payload("input", saga.input)
                + steps + payload("output", saga.output) + hints
        }
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
            let took = (saga.endedAt ?? saga.observedAt) - saga.startedAt
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
        let principal = saga.principal.isVerified ? "" : " (unverified)"
        let line =
            StyledText("started ")
            + StyledText(ShownInstant.full(saga.startedAt), .dim)
            + " by \(saga.principal.name)\(principal)"
        return StyledText.joined([line] + labels, by: "  ")
    }

    /// Why it went back, and why it is parked.
    private var causes: [String] {
        var lines: [String] = []
        if let failure = saga.failure {
            lines.append(cause(saga.isParkedForward ? "parked" : "went back", failure))
        }
        if let failure = saga.compensationFailure {
            lines.append(cause(saga.state == .failed ? "parked" : "undo failed", failure))
        }
        return lines
    }

    /// `went back at ship: no-carrier "No carrier serves 99950" (attempt 1, shipping/s-1,
    /// 08:03:02)`.
    private func cause(_ what: String, _ fault: SagaFault) -> String {
        var facts: [StyledText] = []
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

    private func payload(_ name: String, _ payload: Payload?) -> [String] {
        guard detail == .payloads, let payload else { return [] }
        return [(StyledText("\(name)  ", .dim) + ShownPayload.line(payload)).text(style)]
    }

    private var steps: [String] {
        let rows = saga.steps.map { StepDrawing($0, in: saga, isBrief: detail == .brief, style) }
        var table = StepDrawing.table(rows)
        for row in rows { table.add(row.cells) }
        let lines = table.lines(style)
        guard detail == .payloads else { return lines }
        return zip(saga.steps, lines).flatMap { step, line in
            [line] + payload("      output", step.output)
        }
    }

    private var hints: [String] {
        NextSteps(saga, argument).lines.map { StyledText($0).text(style) }
    }
}
