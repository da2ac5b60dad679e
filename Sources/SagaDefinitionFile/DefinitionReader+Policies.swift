internal import SagaModel
internal import Yams

extension DefinitionReader {
    mutating func retry(_ node: Node, at path: DefinitionPath) -> RetryPolicy? {
        guard
            let fields = fields(
                of: node, at: path,
                known: [.maxAttempts, .initial, .multiplier, .max, .jitter, .nonRetryableCodes],
                shape: "\(path.label) must be a mapping such as { maxAttempts: 5 }")
        else { return nil }
        return RetryPolicy(
            maxAttempts: fields[.maxAttempts].flatMap {
                wholeNumber($0, at: path.field(.maxAttempts))
            },
            initial: fields[.initial].flatMap { duration($0, at: path.field(.initial)) },
            multiplier: fields[.multiplier].flatMap { number($0, at: path.field(.multiplier)) },
            max: fields[.max].flatMap { duration($0, at: path.field(.max)) },
            jitter: fields[.jitter].flatMap { number($0, at: path.field(.jitter)) },
            nonRetryableCodes: fields[.nonRetryableCodes].flatMap {
                texts($0, at: path.field(.nonRetryableCodes))
            })
    }

    mutating func timeouts(_ node: Node, at path: DefinitionPath) -> StepTimeouts? {
        guard
            let fields = fields(
                of: node, at: path,
                known: [.scheduleToStart, .startToClose, .scheduleToClose, .heartbeat],
                shape: "timeouts must be a mapping such as { startToClose: 10s }")
        else { return nil }
        var timeouts = StepTimeouts()
        timeouts.scheduleToStart = fields[.scheduleToStart].flatMap {
            duration($0, at: path.field(.scheduleToStart))
        }
        timeouts.startToClose = fields[.startToClose].flatMap {
            duration($0, at: path.field(.startToClose))
        }
        timeouts.scheduleToClose = fields[.scheduleToClose].flatMap {
            duration($0, at: path.field(.scheduleToClose))
        }
        timeouts.heartbeat = fields[.heartbeat].flatMap {
            duration($0, at: path.field(.heartbeat))
        }
        return timeouts
    }

    mutating func condition(_ node: Node, at path: DefinitionPath) -> Condition? {
        guard
            let fields = fields(
                of: node, at: path, known: [.ref, .equals, .notEquals, .exists],
                shape: "when must be a mapping such as { ref: input#/notify, equals: true }")
        else { return nil }
        var reference: Reference?
        if let node = fields[.ref] {
            reference = self.reference(node, at: path.field(.ref))
        } else {
            missing(.ref, in: node, at: path, "write e.g. ref: input#/notify")
        }
        let tests: [DefinitionField] = [.equals, .notEquals, .exists]
        let written = tests.count { fields[$0] != nil || isUnreadable(path.field($0)) }
        guard written == 1 else {
            fault(node, at: path, "when has exactly one of equals, notEquals, exists")
            return nil
        }
        var test: Condition.Test?
        if let value = fields[.equals] {
            test = json(value, at: path.field(.equals)).map { .equals($0) }
        } else if let value = fields[.notEquals] {
            test = json(value, at: path.field(.notEquals)).map { .notEquals($0) }
        } else if let value = fields[.exists] {
            test = boolean(value, at: path.field(.exists)).map { .exists($0) }
        }
        guard let reference, let test else { return nil }
        return Condition(reference: reference, test: test)
    }

    /// A reference, or a map of names to references.
    mutating func dataSource(_ node: Node, at path: DefinitionPath) -> DataSource? {
        switch node {
        case .scalar:
            return reference(node, at: path).map { .reference($0) }
        case .mapping(let mapping) where node.isOfItsKind:
            var references: [String: Reference] = [:]
            for (name, value) in members(mapping) {
                let place = path.member(name)
                note(value.location, at: place)
                if let reference = reference(value, at: place) { references[name] = reference }
            }
            return .map(references)
        case .mapping, .sequence, .alias:
            fault(
                node, at: path,
                "\(path.label) must be a reference or a map of names to references, "
                    + "e.g. { to: input#/customer }")
            return nil
        }
    }

    private mutating func reference(_ node: Node, at path: DefinitionPath) -> Reference? {
        guard let text = text(node, at: path) else { return nil }
        guard let reference = Reference(text) else {
            fault(
                node, at: path,
                "\(path.label) \(ShownText.quoted(text)) is not a reference; write input# or "
                    + "STEP#, then a JSON Pointer, e.g. input#/customer")
            return nil
        }
        return reference
    }
}
