internal import SagaModel
internal import Yams

extension DefinitionReader {
    private static let definitionFields: [DefinitionField] = [
        .name, .version, .timeout, .output, .steps, .compensation, .retention, .keyRetention,
    ]

    private static let stepFields: [DefinitionField] = [
        .name, .handler, .saga, .after, .compensation, .pivot, .retry, .compensationRetry,
        .timeouts, .onFailure, .when, .delay, .input,
    ]

    /// The whole definition; as much of it as can be read.
    mutating func definition(_ root: Node) -> SagaDefinition {
        let path = DefinitionPath()
        var definition = SagaDefinition(name: "", version: 0, steps: [])
        guard
            let fields = fields(
                of: root, at: path, known: Self.definitionFields,
                shape: "a definition is a mapping with name, version and steps")
        else { return definition }
        if let node = fields[.name] {
            definition.name = text(node, at: path.field(.name)) ?? ""
        } else {
            missing(.name, in: root, at: path, "write e.g. name: order")
        }
        if let node = fields[.version] {
            definition.version = wholeNumber(node, at: path.field(.version)) ?? 0
        } else {
            missing(.version, in: root, at: path, "write e.g. version: 1")
        }
        if let node = fields[.steps] {
            definition.steps = steps(node)
        } else {
            missing(.steps, in: root, at: path, "a definition has at least one step")
        }
        definition.timeout = fields[.timeout].flatMap { duration($0, at: path.field(.timeout)) }
        definition.output = fields[.output].flatMap { dataSource($0, at: path.field(.output)) }
        definition.retention = fields[.retention].flatMap {
            duration($0, at: path.field(.retention))
        }
        definition.keyRetention = fields[.keyRetention].flatMap {
            duration($0, at: path.field(.keyRetention))
        }
        definition.onCompensationFailure = fields[.compensation].flatMap {
            compensationRules($0, at: path.field(.compensation))
        }
        return definition
    }

    private mutating func compensationRules(
        _ node: Node, at path: DefinitionPath
    ) -> CompensationFailurePolicy? {
        let fields = fields(
            of: node, at: path, known: [.onFailure],
            shape: "compensation must be a mapping such as { onFailure: continue }")
        return fields?[.onFailure].flatMap {
            choice(
                $0, at: path.field(.onFailure),
                [
                    ("stop", CompensationFailurePolicy.stop),
                    ("continue", CompensationFailurePolicy.continue),
                ])
        }
    }

    private mutating func steps(_ node: Node) -> [StepDefinition] {
        guard let nodes = list(node, at: .field(.steps), of: "steps") else { return [] }
        return nodes.enumerated().map { index, node in
            let name = node.mapping?["name"]?.scalar?.string
            return about(DefinitionFault.subject(stepNamed: name, at: index)) { reader in
                reader.step(node, at: .step(index))
            }
        }
    }

    private mutating func step(_ node: Node, at path: DefinitionPath) -> StepDefinition {
        var step = StepDefinition(name: "", work: .handler(""))
        guard
            let fields = fields(
                of: node, at: path, known: Self.stepFields,
                shape: "a step must be a mapping such as { name: charge, handler: payments.charge }"
            )
        else { return step }
        if let node = fields[.name] {
            step.name = text(node, at: path.field(.name)) ?? ""
        } else {
            missing(.name, in: node, at: path, "write e.g. name: charge")
        }
        step.work = work(fields, of: node, at: path)
        step.after = fields[.after].flatMap { texts($0, at: path.field(.after)) }
        step.isCompensated = fields[.compensation].flatMap {
            choice($0, at: path.field(.compensation), [("none", false), ("handler", true)])
        }
        step.isPivot = fields[.pivot].flatMap { boolean($0, at: path.field(.pivot)) }
        step.retry = fields[.retry].flatMap { retry($0, at: path.field(.retry)) }
        step.compensationRetry = fields[.compensationRetry].flatMap {
            retry($0, at: path.field(.compensationRetry))
        }
        step.timeouts = fields[.timeouts].flatMap { timeouts($0, at: path.field(.timeouts)) }
        step.onFailure = fields[.onFailure].flatMap {
            choice(
                $0, at: path.field(.onFailure),
                [
                    ("compensate", StepFailurePolicy.compensate),
                    ("continue", StepFailurePolicy.continue),
                ])
        }
        step.when = fields[.when].flatMap { condition($0, at: path.field(.when)) }
        step.delay = fields[.delay].flatMap { duration($0, at: path.field(.delay)) }
        step.input = fields[.input].flatMap { dataSource($0, at: path.field(.input)) }
        return step
    }

    private mutating func work(
        _ fields: [DefinitionField: Node], of step: Node, at path: DefinitionPath
    ) -> StepWork {
        if let node = fields[.saga] {
            if fields[.handler] != nil {
                fault(node, at: path.field(.saga), "a step has handler or saga, not both")
            } else {
                return child(node, at: path.field(.saga))
            }
        }
        guard let node = fields[.handler] else {
            missing(.handler, in: step, at: path, "write e.g. handler: payments.charge")
            return .handler("")
        }
        return .handler(text(node, at: path.field(.handler)) ?? "")
    }

    /// `NAME` or `NAME@VERSION`.
    private mutating func child(_ node: Node, at path: DefinitionPath) -> StepWork {
        let nothing = StepWork.saga(name: "", version: nil)
        guard let text = text(node, at: path) else { return nothing }
        guard let mark = text.firstIndex(of: "@") else { return .saga(name: text, version: nil) }
        let version = text[text.index(after: mark)...]
        guard let version = Self.wholeNumber(String(version)) else {
            fault(
                node, at: path,
                "saga \(ShownText.quoted(text)) has no version behind the @; write NAME@1 or NAME")
            return nothing
        }
        return .saga(name: String(text[..<mark]), version: version)
    }
}
