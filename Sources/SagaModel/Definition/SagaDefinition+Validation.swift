extension SagaDefinition {
    /// Everything that keeps this definition from being registered; faults of the definition
    /// first, then step by step.
    ///
    /// All at once, because whoever mends one fault should not meet the next one only then.
    package func faults(limits: DefinitionLimits = DefinitionLimits()) -> [DefinitionFault] {
        let found = ruleFaults(limits: limits)
        return found.enumerated().sorted { left, right in
            (left.element.path.stepIndex ?? -1, left.offset)
                < (right.element.path.stepIndex ?? -1, right.offset)
        }.map(\.element)
    }

    /// The same in the order in which it is found.
    ///
    /// A definition with more steps than the limit gets that one fault: the others cost time by the
    /// number of steps.
    package func ruleFaults(limits: DefinitionLimits = DefinitionLimits()) -> [DefinitionFault] {
        var check = DefinitionCheck(self, limits: limits)
        guard steps.count <= limits.steps else {
            check.add(
                .field(.steps), "\(steps.count) steps are too many; at most \(limits.steps)")
            return check.faults
        }
        check.definitionFields()
        check.stepFields()
        check.order()
        check.pivot()
        check.sources()
        return check.faults
    }
}

/// One pass over a definition that collects its faults.
struct DefinitionCheck {
    let definition: SagaDefinition
    let limits: DefinitionLimits
    /// The first step of each name.
    let indices: [String: Int]
    /// What each step waits for, by index, names of no step left out.
    let predecessors: [[Int]]
    private(set) var faults: [DefinitionFault] = []
    /// For how many names it was looked what was meant by them.
    var suggested = 0

    init(_ definition: SagaDefinition, limits: DefinitionLimits) {
        self.definition = definition
        self.limits = limits
        let indices = Dictionary(
            definition.steps.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first })
        self.indices = indices
        predecessors = definition.steps.enumerated().map { index, step in
            guard let after = step.after else { return index == 0 ? [] : [index - 1] }
            return after.compactMap { indices[$0] }
        }
    }

    /// Notes a fault; `message` goes without the step's name.
    mutating func add(_ path: DefinitionPath, _ message: String) {
        var subject: String?
        if let index = path.stepIndex {
            let name = definition.steps[index].name
            subject = DefinitionFault.subject(stepNamed: name, at: index)
        }
        faults.append(DefinitionFault(path: path, subject: subject, message: message))
    }

    /// Notes a fault whose message says itself which steps it is about.
    mutating func addWhole(_ path: DefinitionPath, _ message: String) {
        faults.append(DefinitionFault(path: path, message: message))
    }

    mutating func definitionFields() {
        name(definition.name, at: .field(.name))
        if definition.version == 0 {
            add(.field(.version), "version is 0; versions begin at 1")
        }
        if definition.steps.isEmpty {
            add(.field(.steps), "steps is empty; a definition has at least one step")
        }
        duration(definition.timeout, at: .field(.timeout), isPositive: true)
        duration(definition.retention, at: .field(.retention))
        duration(definition.keyRetention, at: .field(.keyRetention))
    }

    mutating func stepFields() {
        for (index, step) in definition.steps.enumerated() {
            let path = DefinitionPath.step(index)
            stepName(step.name, index: index)
            work(step.work, at: path)
            retry(
                step.retry, or: DefinitionDefaults.retry, at: path.field(.retry))
            retry(
                step.compensationRetry, or: DefinitionDefaults.compensationRetry,
                at: path.field(.compensationRetry))
            let timeouts = path.field(.timeouts)
            duration(
                step.timeouts?.scheduleToStart, at: timeouts.field(.scheduleToStart),
                isPositive: true)
            duration(
                step.timeouts?.startToClose, at: timeouts.field(.startToClose), isPositive: true)
            duration(
                step.timeouts?.scheduleToClose, at: timeouts.field(.scheduleToClose),
                isPositive: true)
            duration(step.timeouts?.heartbeat, at: timeouts.field(.heartbeat), isPositive: true)
            duration(step.delay, at: path.field(.delay))
            withoutEffect(step, at: path)
        }
    }
}

extension DefinitionCheck {
    private static let nameRule = "write a letter a-z, then up to 62 of a-z, 0-9 and -"

    private mutating func name(_ name: String, at path: DefinitionPath) {
        guard !DefinitionNames.isName(name) else { return }
        add(path, "\(path.label) \(ShownText.quoted(name)) is not a name; \(Self.nameRule)")
    }

    private mutating func stepName(_ name: String, index: Int) {
        let path = DefinitionPath.step(index).field(.name)
        self.name(name, at: path)
        if name == DefinitionNames.reserved {
            add(path, "the name \(name) is reserved for the saga's input; take another")
        }
        if let first = indices[name], first != index {
            add(path, "step \(first + 1) has this name already; names are unique")
        }
    }

    private mutating func work(_ work: StepWork, at step: DefinitionPath) {
        switch work {
        case .handler(let name):
            guard !DefinitionNames.isHandler(name) else { return }
            add(
                step.field(.handler),
                "handler \(ShownText.quoted(name)) is not a handler's name; write two to four "
                    + "names joined by dots, e.g. payments.charge")
        case .saga(let name, let version):
            let path = step.field(.saga)
            self.name(name, at: path)
            if version == 0 { add(path, "saga has the version 0; versions begin at 1") }
            if name == definition.name, version == nil || version == definition.version {
                add(path, "saga names the definition itself; a saga cannot contain itself")
            }
        }
    }

    /// What may be written but would never do anything: it was meant otherwise.
    mutating func withoutEffect(_ step: StepDefinition, at path: DefinitionPath) {
        guard case .saga = step.work else { return }
        let timeouts: [(DefinitionField, Duration?)] = [
            (.scheduleToStart, step.timeouts?.scheduleToStart),
            (.startToClose, step.timeouts?.startToClose), (.heartbeat, step.timeouts?.heartbeat),
        ]
        for (field, duration) in timeouts where duration != nil {
            add(
                path.field(.timeouts).field(field),
                "\(field.rawValue) has no effect on a child saga; of the timeouts only "
                    + "scheduleToClose has")
        }
    }

    private mutating func retry(
        _ policy: RetryPolicy?, or defaults: RetryPolicy, at path: DefinitionPath
    ) {
        guard let policy else { return }
        if policy.maxAttempts == 0 {
            let attempts = path.field(.maxAttempts)
            add(attempts, "\(attempts.label) is 0; it must be at least 1")
        }
        duration(policy.initial, at: path.field(.initial), isPositive: true)
        duration(policy.max, at: path.field(.max), isPositive: true)
        // Not-a-number is in no range, so these are tests of what is right.
        if let multiplier = policy.multiplier, !(multiplier >= 1 && multiplier.isFinite) {
            let place = path.field(.multiplier)
            add(place, "\(place.label) is \(multiplier); it must be at least 1")
        }
        if let jitter = policy.jitter, !(0...1).contains(jitter) {
            let place = path.field(.jitter)
            add(place, "\(place.label) is \(jitter); it must be between 0 and 1")
        }
        waits(policy, or: defaults, at: path)
        codes(policy.nonRetryableCodes ?? [], at: path.field(.nonRetryableCodes))
    }

    /// The longest wait is not shorter than the first, also where one of them is the default.
    private mutating func waits(
        _ policy: RetryPolicy, or defaults: RetryPolicy, at path: DefinitionPath
    ) {
        guard policy.initial != nil || policy.max != nil,
            let initial = policy.initial ?? defaults.initial,
            let longest = policy.max ?? defaults.max, longest < initial
        else { return }
        let place = path.field(policy.max == nil ? .initial : .max)
        let (maxLabel, initialLabel) = (path.field(.max).label, path.field(.initial).label)
        let maxNote = policy.max == nil ? " (the default)" : ""
        let initialNote = policy.initial == nil ? " (the default)" : ""
        add(
            place,
            "\(maxLabel) \(DurationText.text(longest))\(maxNote) is shorter than "
                + "\(initialLabel) \(DurationText.text(initial))\(initialNote)")
    }

    private mutating func codes(_ codes: [String], at path: DefinitionPath) {
        if codes.count > limits.codes {
            add(path, "\(path.label) lists \(codes.count) codes; at most \(limits.codes)")
        }
        for (index, code) in codes.prefix(limits.codes).enumerated() {
            if code.isEmpty {
                add(path.index(index), "\(path.label) lists an empty code")
            } else if code.utf8.count > limits.codeBytes {
                add(
                    path.index(index),
                    "\(path.label) lists a code of \(code.utf8.count) bytes; "
                        + "at most \(limits.codeBytes)")
            }
        }
    }

    private mutating func duration(
        _ duration: Duration?, at path: DefinitionPath, isPositive: Bool = false
    ) {
        guard let duration else { return }
        let shown = "\(path.label) is \(DurationText.text(duration))"
        if duration < .zero {
            add(path, "\(shown); it must not be negative")
        } else if duration == .zero, isPositive {
            add(path, "\(shown); it must be longer than that")
        } else if duration > limits.duration {
            add(path, "\(shown); at most \(DurationText.text(limits.duration))")
        } else if duration.components.attoseconds % 1_000_000_000_000_000 != 0 {
            add(path, "\(shown); durations are whole milliseconds")
        }
    }
}
