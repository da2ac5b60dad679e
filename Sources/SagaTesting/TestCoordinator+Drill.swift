public import Saga
internal import SagaModel

extension TestCoordinator {
    /// Runs a definition once without a failure, and once with one before, after and in the reply
    /// of every step and every compensation; children's steps too.
    ///
    /// Behind each run the check is asked: it must hold after any end, of however many sagas, e.g.
    /// that the money of all accounts is what it was. What the runs use up, such as stock, must
    /// last for all of them. Faults that were injected stay in force beside those of the drill.
    ///
    /// - Parameters:
    ///   - name: a definition that the coordinator was made with.
    ///   - input: what each saga gets.
    ///   - check: whether all is well.
    public func drill<Input: Encodable & SendableMetatype, Output>(
        _ name: SagaName<Input, Output>, input: Input, check: () async throws -> Bool
    ) async throws -> Drill {
        guard definitions[name.name] != nil else {
            let nearest = NearestName.candidate(for: name.name, among: definitions.keys)
            throw SagaError(
                .notFound, reason: "DEFINITION_MISSING",
                "the test's coordinator was made without a definition \(name.name)"
                    + (nearest.map { "; did you mean \($0)?" } ?? ""))
        }
        let saga = SagaName<Input, Void>(name.name)
        var runs: [Drill.Run] = []
        for point in DrillPlan(definitions: definitions).points(of: name.name) {
            runs.append(try await run(saga, input, point, check))
        }
        return Drill(runs: runs)
    }

    private func run<Input: Encodable & SendableMetatype>(
        _ name: SagaName<Input, Void>, _ input: Input, _ point: DrillPoint,
        _ check: () async throws -> Bool
    ) async throws -> Drill.Run {
        let began = elapsed
        let injections = point.faults.map { planned in
            world.faults.add(
                FaultRule(
                    planned.fault,
                    .step(definition: planned.definition, step: planned.step), planned.direction,
                    planned.attempts))
        }
        let handle = try await client.start(name, input: input)
        var problem: String?
        do throws(SagaError) {
            _ = try await handle.result(timeout: TestLimits.drilledSaga)
        } catch {
            problem = error.message
        }
        let took = elapsed - began
        // Handlers that were held up come to their late end before the check.
        try await advance(by: point.settles)
        let status = try await handle.status()
        if status.state == .failed || status.state == .abandoned {
            let fault = status.compensationFailure ?? status.failure
            problem = "parked at \(fault?.step ?? "?"): \(fault?.failure.message ?? "?")"
        }
        do {
            if try await !check() { problem = problem ?? "and the check is not met" }
        } catch {
            problem = problem ?? "and the check throws \(error)"
        }
        for injection in injections { injection.remove() }
        return Drill.Run(
            point: point, sagaID: handle.id, state: status.state, took: took, problem: problem)
    }
}
