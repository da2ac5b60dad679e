struct SagaBenchmark { init(_ c: SagaCommand) {}; func run() async throws -> SagaReport { fatalError() } }
