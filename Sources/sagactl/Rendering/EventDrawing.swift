internal import SagaModel

/// Events as people read them, one line each: `08:31:07.125  order/ORD-1050  StepSucceeded  reserve
/// 11 ms, inventory/i-2`.
///
/// Nobody knows how wide what follows will be, so columns grow with what was shown.
struct EventDrawing {
    private var widths = (saga: 0, kind: 0, step: 0)
    /// The day of the line before; only another one is named.
    private var day: Substring

    /// Begins on the day that it is.
    init(now: Instant) { day = Self.date(now) }

    /// The line of the next event.
    mutating func line(_ event: SagaEvent, _ style: Style) -> String {
        let name =
            event.key.isEmpty
            ? "\(event.definition) \(event.sagaID)" : SagaDrawing.name(event.definition, event.key)
        let kind = Self.name(event.kind)
        let line = StyledText.joined(
            [
                StyledText(time(event.at), .dim),
                Self.padded(StyledText(name, .name), &widths.saga),
                Self.padded(StyledText(kind, Self.role(event.kind)), &widths.kind),
                Self.padded(StyledText(event.step), &widths.step),
                StyledText(Self.details(event)),
            ], by: "  ")
        let text = line.text(style)
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    private mutating func time(_ instant: Instant) -> String {
        let date = Self.date(instant)
        let clock = instant.iso8601.dropFirst(date.count + 1).dropLast()
        defer { day = date }
        return day == date ? String(clock) : "\(date) \(clock)"
    }

    private static func date(_ instant: Instant) -> Substring {
        instant.iso8601.prefix { $0 != "T" }
    }

    private static func padded(_ text: StyledText, _ width: inout Int) -> StyledText {
        width = max(width, text.width)
        return text + String(repeating: " ", count: width - text.width)
    }

    /// `StepSucceeded` for `step-succeeded`.
    static func name(_ kind: EventKind) -> String {
        kind.label.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func role(_ kind: EventKind) -> Role {
        switch kind {
        case .sagaCompleted, .stepSucceeded, .attentionCleared: .done
        case .sagaCompensating, .sagaCompensated, .sagaSuspended, .attemptEnded, .taskDeferred,
            .compensationStarted, .compensationSucceeded:
            .waiting
        case .sagaFailed, .sagaAbandoned, .sagaTimedOut, .stepFailed, .compensationFailed,
            .attentionRaised:
            .failed
        case .sagaStarted, .sagaRunning, .sagaResumed, .stepStarted, .stepSkipped, .verbGiven:
            .plain
        }
    }

    private static func details(_ event: SagaEvent) -> String {
        var parts: [String] = []
        if event.kind == .attemptEnded {
            if event.direction == .compensation { parts.append("undo") }
            if let token = event.token { parts.append("attempt \(token.number)") }
        }
        if let reason = event.attention {
            parts.append(AttentionDrawing.words(reason))
            if event.direction == .compensation { parts.append("undo") }
        }
        if let took = event.took { parts.append(ShownDuration.long(took)) }
        if !event.participant.isEmpty { parts.append(event.participant) }
        if let failure = event.failure {
            parts.append(
                failure.message.isEmpty ? failure.code : "\(failure.code) \"\(failure.message)\"")
        }
        if let verb = event.verb {
            let reason = verb.reason.isEmpty ? "" : ": \(verb.reason)"
            parts.append("\(verb.verb.label) by \(verb.principal.name)\(reason)")
        }
        if let child = event.childSagaID { parts.append("saga \(child)") }
        return parts.joined(separator: ", ")
    }
}
