extension DefinitionCheck {
    /// What data is taken from where: `input` and `when` of steps, `output` of the definition.
    mutating func sources() {
        source(definition.output, at: .field(.output), of: nil)
        for (index, step) in definition.steps.enumerated() {
            let path = DefinitionPath.step(index)
            guard step.input != nil || step.when != nil else { continue }
            let before = ancestors(of: index)
            source(step.input, at: path.field(.input), of: before)
            guard let when = step.when else { continue }
            reference(when.reference, at: path.field(.when).field(.ref), of: before)
            test(when.test, at: path.field(.when))
        }
    }

    /// - Parameter before: the steps whose outputs are there by then; nil for all.
    private mutating func source(
        _ source: DataSource?, at path: DefinitionPath, of before: Set<Int>?
    ) {
        switch source {
        case nil:
            return
        case .reference(let reference):
            self.reference(reference, at: path, of: before)
        case .map(let members):
            if members.count > limits.members {
                add(path, "\(path.label) has \(members.count) members; at most \(limits.members)")
                return
            }
            for (name, reference) in members.sorted(by: { $0.key < $1.key }) {
                length(name, at: path.member(name))
                self.reference(reference, at: path.member(name), of: before)
            }
        }
    }

    private mutating func reference(
        _ reference: Reference, at path: DefinitionPath, of before: Set<Int>?
    ) {
        length(reference.description, at: path)
        if let index = indices[reference.source] {
            if let before, !before.contains(index) {
                add(path, "\(path.label) names \(reference.source), which does not run before it")
            }
        } else if reference.source != DefinitionNames.reserved {
            add(path, "\(path.label) names \(unknownStep(reference.source))")
        }
        do {
            _ = try JSONPointer(parsing: reference.pointer)
        } catch {
            let shown = ShownText.quoted(reference.description)
            switch error {
            case .missingSlash:
                add(path, "\(path.label) \(shown) is not a reference; write / behind the #")
            case .invalidEscape:
                add(
                    path,
                    "\(path.label) \(shown) is not a reference; write ~0 for ~ and ~1 for /")
            }
        }
    }

    private mutating func test(_ test: Condition.Test, at when: DefinitionPath) {
        let text: String
        let path: DefinitionPath
        switch test {
        case .equals(let value): (text, path) = (value, when.field(.equals))
        case .notEquals(let value): (text, path) = (value, when.field(.notEquals))
        case .exists: return
        }
        length(text, at: path)
        do {
            try JSONScanner.validate(Array(text.utf8).span)
        } catch {
            add(path, "\(path.label) \(ShownText.quoted(text)) is not a JSON value")
        }
    }

    private mutating func length(_ text: String, at path: DefinitionPath) {
        let count = text.utf8.count
        guard count > limits.textBytes else { return }
        add(path, "\(path.label) has \(count) bytes; at most \(limits.textBytes)")
    }

    /// All steps that have ended before a step begins.
    private func ancestors(of step: Int) -> Set<Int> {
        var found: Set<Int> = []
        var open = predecessors[step]
        while let next = open.popLast() {
            if found.insert(next).inserted { open += predecessors[next] }
        }
        found.remove(step)
        return found
    }
}
