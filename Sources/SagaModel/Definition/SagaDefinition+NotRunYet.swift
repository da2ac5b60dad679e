extension SagaDefinition {
    /// What this release knows as part of a definition but does not run yet.
    ///
    /// A field written with what it means anyway is no fault. Each rule goes with the release that
    /// runs its field; nothing else knows of them.
    package func faultsNotRunYet() -> [DefinitionFault] {
        var faults: [DefinitionFault] = []
        func add(_ isWritten: Bool, _ path: DefinitionPath, _ written: String? = nil) {
            guard isWritten else { return }
            let subject = path.stepIndex.map {
                DefinitionFault.subject(stepNamed: steps[$0].name, at: $0)
            }
            faults.append(
                DefinitionFault(
                    path: path, subject: subject,
                    message: "this release does not run \(written ?? path.label) yet; leave it out"
                ))
        }
        add(timeout != nil, .field(.timeout))
        let lastOutput = steps.last.map {
            DataSource.reference(Reference(source: $0.name, pointer: ""))
        }
        add(output != nil && output != lastOutput, .field(.output))
        add(
            onCompensationFailure == .continue, .field(.compensation).field(.onFailure),
            "compensation.onFailure: continue")
        add(
            retention != nil && retention != DefinitionDefaults.retention, .field(.retention))
        let wholeInput = DataSource.reference(
            Reference(source: DefinitionNames.reserved, pointer: ""))
        for (index, step) in steps.enumerated() {
            let path = DefinitionPath.step(index)
            if case .saga = step.work { add(true, path.field(.saga)) }
            add(
                step.after != nil && step.after != (index == 0 ? [] : [steps[index - 1].name]),
                path.field(.after), "after with anything but the step before")
            add(step.isPivot == true, path.field(.pivot))
            add(step.onFailure == .continue, path.field(.onFailure), "onFailure: continue")
            add(step.when != nil, path.field(.when))
            add((step.delay ?? .zero) != .zero, path.field(.delay))
            add(step.input != nil && step.input != wholeInput, path.field(.input))
            // An undo ends by the handler's word or by maxAttempts only, so these have no meaning.
            let undoCodes = step.compensationRetry?.nonRetryableCodes ?? []
            add(
                !undoCodes.isEmpty, path.field(.compensationRetry).field(.nonRetryableCodes))
            let timeouts = path.field(.timeouts)
            add(step.timeouts?.scheduleToStart != nil, timeouts.field(.scheduleToStart))
            add(step.timeouts?.scheduleToClose != nil, timeouts.field(.scheduleToClose))
            add(step.timeouts?.heartbeat != nil, timeouts.field(.heartbeat))
        }
        return faults
    }
}
