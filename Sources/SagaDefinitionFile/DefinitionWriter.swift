internal import SagaModel

/// Writes a definition as YAML: steps and their fields one a line, policies in flow style.
struct DefinitionWriter {
    private(set) var text = ""

    mutating func definition(_ definition: SagaDefinition) {
        line(.name, scalar(definition.name))
        line(.version, String(definition.version))
        line(.timeout, definition.timeout.map(DurationText.text))
        line(.output, definition.output.map(source))
        line(
            .compensation,
            definition.onCompensationFailure.map { policy in
                switch policy {
                case .stop: flow([(.onFailure, "stop")])
                case .continue: flow([(.onFailure, "continue")])
                }
            })
        line(.retention, definition.retention.map(DurationText.text))
        line(.keyRetention, definition.keyRetention.map(DurationText.text))
        guard !definition.steps.isEmpty else {
            line(.steps, "[]")
            return
        }
        text += "\(DefinitionField.steps.rawValue):\n"
        for step in definition.steps { self.step(step) }
    }

    private mutating func step(_ step: StepDefinition) {
        line(.name, scalar(step.name), indent: "  - ")
        switch step.work {
        case .handler(let name): inStep(.handler, scalar(name))
        case .saga(let name, let version):
            inStep(.saga, scalar(version.map { "\(name)@\($0)" } ?? name))
        }
        inStep(.after, step.after.map(list))
        inStep(.compensation, step.isCompensated.map { $0 ? "handler" : "none" })
        inStep(.pivot, step.isPivot.map { String($0) })
        inStep(.retry, step.retry.map(retry))
        inStep(.compensationRetry, step.compensationRetry.map(retry))
        inStep(.timeouts, step.timeouts.map(timeouts))
        inStep(
            .onFailure,
            step.onFailure.map { policy in
                switch policy {
                case .compensate: "compensate"
                case .continue: "continue"
                }
            })
        inStep(.when, step.when.map(condition))
        inStep(.delay, step.delay.map(DurationText.text))
        inStep(.input, step.input.map(source))
    }

    private mutating func inStep(_ field: DefinitionField, _ value: String?) {
        line(field, value, indent: "    ")
    }

    private mutating func line(_ field: DefinitionField, _ value: String?, indent: String = "") {
        guard let value else { return }
        text += "\(indent)\(field.rawValue): \(value)\n"
    }

    private func retry(_ policy: RetryPolicy) -> String {
        flow([
            (.maxAttempts, policy.maxAttempts.map { String($0) }),
            (.initial, policy.initial.map(DurationText.text)),
            (.multiplier, policy.multiplier.map(number)),
            (.max, policy.max.map(DurationText.text)),
            (.jitter, policy.jitter.map(number)),
            (.nonRetryableCodes, policy.nonRetryableCodes.map(list)),
        ])
    }

    private func timeouts(_ timeouts: StepTimeouts) -> String {
        flow([
            (.scheduleToStart, timeouts.scheduleToStart.map(DurationText.text)),
            (.startToClose, timeouts.startToClose.map(DurationText.text)),
            (.scheduleToClose, timeouts.scheduleToClose.map(DurationText.text)),
            (.heartbeat, timeouts.heartbeat.map(DurationText.text)),
        ])
    }

    private func condition(_ condition: Condition) -> String {
        let reference: (DefinitionField, String?) = (
            .ref, scalar(condition.reference.description)
        )
        switch condition.test {
        case .equals(let json): return flow([reference, (.equals, Self.printable(json))])
        case .notEquals(let json): return flow([reference, (.notEquals, Self.printable(json))])
        case .exists(let isThere): return flow([reference, (.exists, String(isThere))])
        }
    }

    private func source(_ source: DataSource) -> String {
        switch source {
        case .reference(let reference):
            return scalar(reference.description)
        case .map(let members):
            let sorted = members.sorted { $0.key < $1.key }
            return flow(sorted.map { (scalar($0.key), scalar($0.value.description)) })
        }
    }

    private func flow(_ fields: [(field: DefinitionField, value: String?)]) -> String {
        flow(
            fields.compactMap { entry in entry.value.map { (entry.field.rawValue, $0) } })
    }

    private func flow(_ fields: [(name: String, value: String)]) -> String {
        guard !fields.isEmpty else { return "{}" }
        return "{ " + fields.map { "\($0.name): \($0.value)" }.joined(separator: ", ") + " }"
    }

    private func list(_ texts: [String]) -> String {
        "[" + texts.map(scalar).joined(separator: ", ") + "]"
    }

    /// Whole numbers without a fraction.
    private func number(_ value: Double) -> String {
        Int64(exactly: value).map { String($0) } ?? String(value)
    }

    /// Plain where every YAML reads the same text, else in quotes.
    private func scalar(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "#"), UInt8(ascii: "@"):
                true
            default: false  // open set: any other byte
            }
        }
        let startsWithLetter = text.first?.isLetter ?? false
        guard isPlain, startsWithLetter, !Self.words.contains(text.lowercased()) else {
            return Self.printable(DefinitionReader.quoted(text))
        }
        return text
    }

    /// What some version of YAML takes for a boolean or for nothing.
    private static let words: Set<String> = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null",
    ]

    /// JSON with escapes for what YAML does not take as it stands, or takes for a line break. Such
    /// characters occur in JSON only inside strings, where the escape means the same.
    private static func printable(_ json: String) -> String {
        var text = ""
        for scalar in json.unicodeScalars {
            switch scalar {
            case "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default:  // open set: every other character
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
