public import SagaModel

extension SagaDefinition {
    /// Makes a definition of its steps, and checks it.
    ///
    /// The same content gives the same digest, whether it is written here or in a file. All
    /// faults are found here, before any coordinator is asked, also fields that this release does
    /// not run yet.
    ///
    /// - Parameters:
    ///   - name: the name, with the types that its sagas take and give.
    ///   - version: from 1; a version that is registered never changes.
    ///   - timeout: how long the whole saga may run; no limit if nil.
    ///   - output: what a saga gives back; the output of the last step if nil.
    ///   - onCompensationFailure: what an undo that fails for good means; `stop` if nil.
    ///   - retention: how long an ended saga can be found; 30 days if nil.
    ///   - keyRetention: how long its business key stays taken after the end; 24 hours if nil.
    ///   - steps: the steps in their order.
    /// - Throws: `DefinitionError` with all faults.
    public init<Input, Output>(
        _ name: SagaName<Input, Output>, version: UInt32, timeout: Duration? = nil,
        output: ValueSource? = nil, onCompensationFailure: CompensationFailurePolicy? = nil,
        retention: Duration? = nil, keyRetention: Duration? = nil,
        @StepBuilder steps: () -> [Step]
    ) throws(DefinitionError) {
        try self.init(
            name.name, version: version, timeout: timeout, output: output,
            onCompensationFailure: onCompensationFailure, retention: retention,
            keyRetention: keyRetention, steps: steps)
    }

    /// Makes a definition of its steps under a plain name, and checks it.
    ///
    /// - Throws: `DefinitionError` with all faults.
    public init(
        _ name: String, version: UInt32, timeout: Duration? = nil, output: ValueSource? = nil,
        onCompensationFailure: CompensationFailurePolicy? = nil, retention: Duration? = nil,
        keyRetention: Duration? = nil, @StepBuilder steps: () -> [Step]
    ) throws(DefinitionError) {
        let steps = steps()
        let parsed = output?.parsed
        self.init(
            name: name, version: version, steps: steps.map(\.definition), timeout: timeout,
            output: parsed?.source, onCompensationFailure: onCompensationFailure,
            retention: retention, keyRetention: keyRetention)
        var faults: [DefinitionFault] = []
        for wrong in parsed?.withoutMark ?? [] {
            faults.append(
                Self.notAReference(wrong.text, at: .field(.output), member: wrong.member))
        }
        for (index, step) in steps.enumerated() {
            let subject = DefinitionFault.subject(stepNamed: step.definition.name, at: index)
            for fault in step.faults {
                let path = fault.field.reduce(DefinitionPath.step(index)) { $0.field($1) }
                faults.append(
                    Self.notAReference(fault.text, at: path, member: fault.member, subject))
            }
        }
        // A text without its mark was read as the name of a step: one fault a place is enough.
        let told = Set(faults.map(\.path))
        let found = (faults + self.faults().filter { !told.contains($0.path) })
            .enumerated().sorted { left, right in
                (left.element.path.stepIndex ?? -1, left.offset)
                    < (right.element.path.stepIndex ?? -1, right.offset)
            }
        guard found.isEmpty else { throw DefinitionError(found.map(\.element)) }
    }

    private static func notAReference(
        _ text: String, at path: DefinitionPath, member: String?, _ subject: String? = nil
    ) -> DefinitionFault {
        let path = member.map { path.member($0) } ?? path
        return DefinitionFault(
            path: path, subject: subject,
            message: "\(path.label) \(ShownText.quoted(text)) is not a reference; write "
                + "input#POINTER or STEP#POINTER, the pointer empty for the whole")
    }
}
