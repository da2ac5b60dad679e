/// The defaults of this release: what a stored definition gets where nothing was written down.
///
/// The numbers are those of the table of definitions in the project's semantics: a step is tried
/// ten times with waits from 200 ms to 30 s, an undo without an end with waits up to 60 s.
package enum DefinitionDefaults {
    /// One attempt of a step.
    package static let startToClose: Duration = .seconds(30)
    /// A key after its saga's end.
    package static let keyRetention: Duration = .seconds(86_400)
    /// A key that the client drew at random only to repeat its own start.
    package static let randomKeyRetention: Duration = .seconds(60)
    /// A finished saga in the archive.
    package static let retention: Duration = .seconds(30 * 86_400)
    /// The action of a step.
    package static let retry = RetryPolicy(
        maxAttempts: 10, initial: .milliseconds(200), multiplier: 2, max: .seconds(30), jitter: 0.2,
        nonRetryableCodes: [])
    /// The compensation of a step: no end.
    package static let compensationRetry = RetryPolicy(
        initial: .milliseconds(200), multiplier: 2, max: .seconds(60), jitter: 0.2,
        nonRetryableCodes: [])

    /// The definition with every default written down.
    ///
    /// - Parameter written: a definition without faults.
    package static func fill(_ written: SagaDefinition) -> SagaDefinition {
        var filled = written
        filled.onCompensationFailure = written.onCompensationFailure ?? .stop
        filled.retention = written.retention ?? retention
        filled.keyRetention = written.keyRetention ?? keyRetention
        for place in filled.steps.indices where filled.steps[place].after == nil {
            filled.steps[place].after = place == 0 ? [] : [filled.steps[place - 1].name]
        }
        let places = PivotPlace.places(in: filled)
        for place in filled.steps.indices {
            filled.steps[place] = fill(filled.steps[place], places[place])
        }
        return filled
    }

    /// On and after the pivot there is no undo; there, and at the pivot, what is required has no
    /// end of attempts but one that is written down.
    private static func fill(_ written: StepDefinition, _ place: PivotPlace) -> StepDefinition {
        var step = written
        step.isCompensated = step.isCompensated ?? (place == .before || place == .beside)
        step.isPivot = step.isPivot ?? false
        step.onFailure = step.onFailure ?? .compensate
        let isEndless =
            place == .pivot || (place == .after && step.onFailure == .compensate)
        var retry = fill(step.retry, from: retry)
        if isEndless { retry.maxAttempts = written.retry?.maxAttempts }
        step.retry = retry
        step.compensationRetry = fill(step.compensationRetry, from: compensationRetry)
        var timeouts = step.timeouts ?? StepTimeouts()
        if case .handler = step.work {
            timeouts.startToClose = timeouts.startToClose ?? startToClose
        }
        step.timeouts = timeouts
        step.delay = step.delay ?? .zero
        return step
    }

    private static func fill(_ written: RetryPolicy?, from defaults: RetryPolicy) -> RetryPolicy {
        RetryPolicy(
            maxAttempts: written?.maxAttempts ?? defaults.maxAttempts,
            initial: written?.initial ?? defaults.initial,
            multiplier: written?.multiplier ?? defaults.multiplier,
            max: written?.max ?? defaults.max,
            jitter: written?.jitter ?? defaults.jitter,
            nonRetryableCodes: written?.nonRetryableCodes ?? defaults.nonRetryableCodes)
    }
}
