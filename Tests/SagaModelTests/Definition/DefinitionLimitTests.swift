import SagaModel
import Testing

@Suite struct DefinitionLimitTests {
    @Test func theFirstUnknownNamesAloneGetASuggestion() {
        var steps = [StepDefinition(name: "reserve", work: .handler("stock.reserve"))]
        for number in 1...30 {
            var step = StepDefinition(name: "s\(number)", work: .handler("stock.reserve"))
            step.after = ["reserv"]
            steps.append(step)
        }
        let faults = SagaDefinition(name: "order", version: 1, steps: steps).ruleFaults()
        let suggesting = faults.filter { $0.message.contains("did you mean reserve?") }
        #expect(faults.count == 30)
        #expect(suggesting.count == DefinitionLimits().suggestions)
    }

    static let policiesCases: [ValidationCase] = [
        ValidationCase(
            "maxAttempts",
            [
                "steps[1].compensationRetry.maxAttempts | step charge: "
                    + "compensationRetry.maxAttempts is 0; it must be at least 1"
            ]
        ) { $0.steps[1].compensationRetry = RetryPolicy(maxAttempts: 0) },
        ValidationCase(
            "multiplier",
            [
                "steps[1].retry.multiplier | step charge: retry.multiplier is 0.5; "
                    + "it must be at least 1"
            ]
        ) { $0.steps[1].retry = RetryPolicy(multiplier: 0.5) },
        ValidationCase(
            "endless multiplier",
            [
                "steps[1].retry.multiplier | step charge: retry.multiplier is inf; "
                    + "it must be at least 1"
            ]
        ) { $0.steps[1].retry = RetryPolicy(multiplier: .infinity) },
        ValidationCase(
            "jitter",
            [
                "steps[1].retry.jitter | step charge: retry.jitter is nan; "
                    + "it must be between 0 and 1"
            ]
        ) { $0.steps[1].retry = RetryPolicy(jitter: .nan) },
        ValidationCase(
            "max below initial",
            [
                "steps[1].retry.max | step charge: retry.max 1s is shorter than retry.initial 2s"
            ]
        ) { $0.steps[1].retry = RetryPolicy(initial: .seconds(2), max: .seconds(1)) },
        ValidationCase(
            "initial above the default",
            [
                "steps[1].retry.initial | step charge: retry.max 30s (the default) is shorter "
                    + "than retry.initial 40s"
            ]
        ) {
            $0.steps[1].retry = RetryPolicy(initial: .seconds(40))
            $0.steps[1].compensationRetry = RetryPolicy(initial: .seconds(40))
        },
        ValidationCase(
            "max below the default",
            [
                "steps[1].retry.max | step charge: retry.max 100ms is shorter than "
                    + "retry.initial 200ms (the default)"
            ]
        ) { $0.steps[1].retry = RetryPolicy(max: .milliseconds(100)) },
        ValidationCase(
            "codes",
            [
                "steps[1].retry.nonRetryableCodes[0] | step charge: retry.nonRetryableCodes "
                    + "lists an empty code",
                "steps[1].retry.nonRetryableCodes[1] | step charge: retry.nonRetryableCodes "
                    + "lists a code of 129 bytes; at most 128",
            ]
        ) {
            $0.steps[1].retry = RetryPolicy(
                nonRetryableCodes: ["", String(repeating: "x", count: 129)])
        },
        ValidationCase(
            "zero",
            [
                "timeout | timeout is 0s; it must be longer than that",
                "steps[1].retry.initial | step charge: retry.initial is 0s; "
                    + "it must be longer than that",
                "steps[1].timeouts.startToClose | step charge: startToClose is 0s; "
                    + "it must be longer than that",
            ]
        ) {
            $0.timeout = .zero
            $0.retention = .zero
            $0.keyRetention = .zero
            $0.steps[1].delay = .zero
            $0.steps[1].retry = RetryPolicy(initial: .zero)
            $0.steps[1].timeouts = StepTimeouts(startToClose: .zero)
        },
        ValidationCase(
            "negative",
            ["keyRetention | keyRetention is -1m30s; it must not be negative"]
        ) { $0.keyRetention = .seconds(-90) },
        ValidationCase(
            "too long", ["retention | retention is 3650d1ms; at most 3650d"]
        ) { $0.retention = .seconds(3650 * 86_400) + .milliseconds(1) },
        ValidationCase(
            "part of a millisecond",
            ["steps[0].delay | step reserve: delay is 1s0.5ms; durations are whole milliseconds"]
        ) { $0.steps[0].delay = .microseconds(1_000_500) },
    ]

    @Test(arguments: policiesCases) func policy(_ row: ValidationCase) {
        #expect(ValidationCase.shown(row.changed.ruleFaults()) == row.faults)
    }

    private static func narrow() -> DefinitionLimits {
        var limits = DefinitionLimits()
        limits.steps = 3
        limits.edges = 2
        limits.codes = 1
        limits.members = 1
        limits.textBytes = 12
        return limits
    }

    static let limitsCases: [ValidationCase] = [
        ValidationCase("none reached", []) { $0.steps[2].after = ["reserve", "charge"] },
        ValidationCase("steps", ["steps | 4 steps are too many; at most 3"]) {
            $0.steps.append($0.steps[0])
        },
        ValidationCase("edges", ["steps | all \"after\" together name 3 steps; at most 2"]) {
            $0.steps[1].after = ["reserve"]
            $0.steps[2].after = ["reserve", "charge"]
        },
        ValidationCase(
            "codes",
            [
                "steps[0].retry.nonRetryableCodes | step reserve: retry.nonRetryableCodes "
                    + "lists 2 codes; at most 1"
            ]
        ) { $0.steps[0].retry = RetryPolicy(nonRetryableCodes: ["a", "b"]) },
        ValidationCase(
            "members", ["steps[0].input | step reserve: input has 2 members; at most 1"]
        ) {
            let whole = Reference(source: "input", pointer: "")
            $0.steps[0].input = .map(["a": whole, "b": whole])
        },
        ValidationCase(
            "texts",
            [
                "steps[0].input | step reserve: input has 13 bytes; at most 12",
                "steps[0].when.equals | step reserve: when.equals has 13 bytes; at most 12",
            ]
        ) {
            $0.steps[0].input = .reference(Reference(source: "input", pointer: "/123456"))
            $0.steps[0].when = Condition(
                reference: Reference(source: "input", pointer: ""), test: .equals("1234567890123"))
        },
    ]

    @Test(arguments: limitsCases) func limit(_ row: ValidationCase) {
        let faults = row.changed.ruleFaults(limits: Self.narrow())
        #expect(ValidationCase.shown(faults) == row.faults)
    }

    @Test func largestDefinitionIsCheckedQuickly() {
        let count = DefinitionLimits().steps
        var definition = ValidationCase.sound
        definition.steps = (0..<count).map { index in
            var step = StepDefinition(name: "step-\(index)", work: .handler("group.verb"))
            // Ten edges a step, most of them backwards: circles everywhere.
            step.after = (1...10).map { "step-\((index + $0 * 97) % count)" }
            step.input = .reference(Reference(source: "step-0", pointer: ""))
            return step
        }
        let clock = ContinuousClock()
        var faults: [DefinitionFault] = []
        let elapsed = clock.measure { faults = definition.ruleFaults() }
        #expect(faults.contains { $0.message.hasPrefix("cycle ") })
        #expect(elapsed < .seconds(20))
    }
}
