internal import Saga
internal import SagaModel

/// Definitions that use all there is, valid by their making.
extension WorldPlan {
    private static let handlers = ["stock.one", "cards.two", "boxes.three", "mail.four"]

    /// Some definitions; a later one may have an earlier one as a child.
    static func definitions(_ random: inout SimulationRandom) -> [SagaDefinition] {
        var made: [SagaDefinition] = []
        for number in 0..<1 + random.index(below: 4) {
            let name = "order-\(number)"
            var definition = definition(name, made, &random)
            for _ in 0..<8 where !definition.faults().isEmpty {
                definition = self.definition(name, made, &random)
            }
            if !definition.faults().isEmpty {
                definition.steps = [plainStep(0, &random), plainStep(1, &random)]
            }
            made.append(definition)
        }
        return made
    }

    private static func definition(
        _ name: String, _ earlier: [SagaDefinition], _ random: inout SimulationRandom
    ) -> SagaDefinition {
        let count = 1 + random.index(below: 6)
        let pivot = random.chance(0.3) ? random.index(below: count) : nil
        let isGraph = random.chance(0.5)
        var steps: [StepDefinition] = []
        for number in 0..<count {
            var step = plainStep(number, &random)
            if isGraph, number > 0, number != pivot, number - 1 != pivot {
                step.after = steps.map(\.name).filter { _ in random.chance(0.5) }
                // Nothing runs beside the pivot.
                if let pivot, number > pivot { step.after?.append(steps[pivot].name) }
                step.after = step.after.map { Array(Set($0)).sorted() }
            } else if number == pivot {
                step.after = steps.map(\.name)
            }
            step.isPivot = number == pivot ? true : nil
            if let pivot, number >= pivot { step.isCompensated = nil }
            decorate(&step, steps, isPivot: number == pivot, &random)
            // One with a pivot only where there is no way back.
            let mayHavePivot = pivot.map { number >= $0 } ?? false
            let children = earlier.filter { child in
                mayHavePivot || !child.steps.contains { $0.isPivot == true }
            }
            if !children.isEmpty, random.chance(0.12) {
                step.work = .saga(name: random.element(of: children).name, version: nil)
                step.timeouts = nil
                step.retry = nil
                step.compensationRetry = nil
            }
            steps.append(step)
        }
        var definition = SagaDefinition(name: name, version: 1, steps: steps)
        if random.chance(0.2) { definition.timeout = .seconds(3 + random.index(below: 60)) }
        if random.chance(0.3) { definition.onCompensationFailure = .continue }
        if random.chance(0.2) {
            let source = Reference(source: random.element(of: steps).name, pointer: "/key")
            definition.output = random.chance(0.5) ? .reference(source) : .map(["key": source])
        }
        return definition
    }

    private static func plainStep(
        _ number: Int, _ random: inout SimulationRandom
    ) -> StepDefinition {
        var step = StepDefinition(
            name: "step-\(number)", work: .handler(random.element(of: handlers)))
        if random.chance(0.2) { step.isCompensated = false }
        if random.chance(0.7) {
            step.retry = RetryPolicy(
                maxAttempts: UInt32(1 + random.index(below: 5)),
                initial: .milliseconds(1 + random.index(below: 500)), max: .seconds(5),
                nonRetryableCodes: random.chance(0.1) ? ["lost"] : nil)
        }
        if random.chance(0.8) { step.compensationRetry = RetryPolicy(max: .seconds(4)) }
        return step
    }

    private static func decorate(
        _ step: inout StepDefinition, _ before: [StepDefinition], isPivot: Bool,
        _ random: inout SimulationRandom
    ) {
        if random.chance(0.6) {
            step.timeouts = StepTimeouts(
                scheduleToStart: random.chance(0.2) ? .seconds(1 + random.index(below: 20)) : nil,
                startToClose: random.chance(0.6)
                    ? .milliseconds(100 << random.index(below: 8)) : nil,
                scheduleToClose: random.chance(0.2) ? .seconds(2 + random.index(below: 40)) : nil,
                heartbeat: random.chance(0.15) ? .seconds(1 + random.index(below: 10)) : nil)
        }
        if !isPivot, random.chance(0.2) { step.onFailure = .continue }
        if random.chance(0.15) { step.delay = .milliseconds(random.index(below: 3_000)) }
        // What a step is made of must stand before it.
        let source = step.after?.last ?? before.last?.name
        if random.chance(0.15) {
            let test: Condition.Test = random.element(of: [
                .exists(true), .exists(false), .equals("\"c0-1\""), .notEquals("\"c0-1\""),
            ])
            step.when = Condition(
                reference: Reference(
                    source: random.chance(0.5) ? "input" : source ?? "input",
                    pointer: "/key"), test: test)
        }
        if random.chance(0.15), let source {
            step.input = .map([
                "first": Reference(source: "input", pointer: "/key"),
                "second": Reference(source: source, pointer: "/key"),
            ])
        }
    }
}
