internal import Histogram
internal import Saga
internal import SagaModel
internal import SagaProcesses
internal import SagaSystem

/// One run: a daemon of its own, participants and load through the SDK.
struct SagaBenchmark {
    private let command: SagaCommand
    private let ledger = Ledger()
    private let numbers = Numbers()
    private let steps: [String]
    private static let name = "bench"

    init(_ command: SagaCommand) {
        self.command = command
        steps = (1...command.steps).map { "step-\($0)" }
    }

    func run() async throws -> SagaReport {
        let directory = try WorkDirectory(in: command.directory)
        let sync = try SyncProbe.medianMicroseconds(in: directory.path)
        let daemon = try CoordinatorProcess.start(
            CoordinatorProcess.Configuration(
                program: command.sagad ?? ThisProcess.sibling("sagad"),
                dataDirectory: directory.data,
                flags: ["--log-level", "warning"] + (command.noArchive ? ["--no-archive"] : [])
                    + ["--fdatasync-delay", "\(command.fdatasyncDelay)"]))
        defer { daemon.child.sendToGroup(9) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<command.participants {
                let participant = participant(number, at: daemon.address)
                group.addTask { try await participant.run() }
            }
            let report = try await withSagaClient(daemon.address) { client in
                try await measure(client, daemon, sync: sync)
            }
            group.cancelAll()
            // A participant that is cancelled says so.
            while let end = await group.nextResult() { _ = end }
            _ = try daemon.stop()
            return report
        }
    }

    // MARK: - Participants

    private func participant(_ number: Int, at address: String) -> Participant {
        let ledger = ledger
        let answer = LoadOrder(number: 0, isRefused: false).payload(bytes: command.payload)
        let last = steps.count - 1
        let handlers = steps.enumerated().map { place, step in
            Handler(HandlerName<Payload, Payload>("bench.\(step)")) { input, _ in
                let order = LoadOrder(input.bytes)
                if place == last, order.isRefused {
                    throw SagaFailure("refused", "This saga is one that is undone")
                }
                ledger.did(step, of: order.number)
                return answer
            } compensation: { action, _ in
                ledger.undid(step, of: LoadOrder(action.input.bytes).number)
            }
        }
        return Participant(
            "bench", coordinator: address, instance: "b-\(number)",
            slots: max(64, command.rate == nil ? command.concurrency : Self.openSlots),
            handlers: handlers)
    }

    // MARK: - Load

    /// How many steps an instance runs at a time in the open loop: more than there ever are.
    private static let openSlots = 10_000

    /// What the load generator saw.
    struct Load {
        var latencies = Histogram<UInt64>(
            highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .three)
        var ends: [UInt64: SagaEnd] = [:]
        var completed = 0
        var compensated = 0
        var lost = 0
    }

    private func measure(
        _ client: SagaClient, _ daemon: CoordinatorProcess, sync: Int64
    ) async throws -> SagaReport {
        _ = try await client.register(
            SagaDefinition(SagaName<Payload, Payload>(Self.name), version: 1) {
                for step in steps { Step(step, "bench.\(step)") }
            })
        try await startWaiting(client)
        _ = try await load(client, seconds: command.warmup)
        let before = try await Snapshot(client, daemon)
        let began = MonotonicInstant.now()
        var load = try await load(client, seconds: command.duration)
        let seconds = Double(MonotonicInstant.now().microseconds(since: began)) / 1_000_000
        let after = try await Snapshot(client, daemon)
        // All that was started has been waited for: what still lives was lost.
        load.lost += Int(after.status.engine.live) - command.live
        let sagas = load.completed + load.compensated
        return SagaReport(
            concurrency: command.concurrency, rate: command.rate,
            fdatasyncDelay: command.fdatasyncDelay, sagas: sagas, seconds: seconds,
            completed: load.completed, compensated: load.compensated, stepsRun: ledger.stepsRun,
            p50: load.latencies.valueAtPercentile(50), p99: load.latencies.valueAtPercentile(99),
            p999: load.latencies.valueAtPercentile(99.9), max: load.latencies.max,
            coordinatorMicroseconds: Double(after.processor - before.processor)
                / Double(max(1, sagas)),
            coordinatorPeakBytes: after.peakBytes,
            fdatasyncs: after.status.journal.syncs - before.status.journal.syncs,
            journalBytesPerSaga: Double(
                after.status.journal.writtenBytes - before.status.journal.writtenBytes)
                / Double(max(1, sagas)),
            fdatasyncMicroseconds: sync, lost: load.lost,
            violations: ledger.violations(of: load.ends, steps: steps))
    }

    /// Keeps the wanted number of sagas under way for a time; what is under way at its end is
    /// waited for.
    private func load(
        _ client: SagaClient, seconds: Double
    ) async throws -> Load {
        if let rate = command.rate {
            let share = command.failureShare
            return await OpenLoop(rate: rate, seconds: seconds).run { number in
                // Spreads the refused ones evenly.
                let isRefused =
                    (Double(number) * share).rounded(.down)
                    != (Double(number + 1) * share).rounded(.down)
                return await runSaga(client, isRefused: isRefused)
            }
        }
        let deadline = MonotonicInstant.now().microseconds + Int64(seconds * 1_000_000)
        return await withTaskGroup(of: Load.self) { group in
            for worker in 0..<command.concurrency {
                group.addTask { await self.work(worker, client, until: deadline) }
            }
            var whole = Load()
            for await part in group { whole.add(part) }
            return whole
        }
    }

    private func work(
        _ worker: Int, _ client: SagaClient, until deadline: Int64
    ) async -> Load {
        var load = Load()
        // Spreads the refused ones evenly: a share of them comes due with every saga.
        var due = Double(worker % 97) / 97
        while true {
            let began = MonotonicInstant.now()
            guard began.microseconds < deadline else { return load }
            due += command.failureShare
            let isRefused = due >= 1
            if isRefused { due -= 1 }
            load.note(await runSaga(client, isRefused: isRefused), since: began.microseconds)
        }
    }

    /// Runs one saga; gives its number and how it ended, nil for one that was lost.
    private func runSaga(
        _ client: SagaClient, isRefused: Bool
    ) async -> (number: UInt64, end: SagaEnd?) {
        let order = LoadOrder(number: numbers.next(), isRefused: isRefused)
        do {
            switch try await client.execute(
                Self.name, input: order.payload(bytes: command.payload))
            {
            case .completed: return (order.number, .completed)
            case .compensated: return (order.number, .compensated)
            case .failed: return (order.number, nil)
            }
        } catch {
            StandardStream.error.write("sagabench: a saga failed: \(error)\n")
            return (order.number, nil)
        }
    }

    /// Starts the sagas that live beside the load: their handler is one that nobody serves.
    private func startWaiting(_ client: SagaClient) async throws {
        guard command.live > 0 else { return }
        let name = "waiting"
        _ = try await client.register(
            SagaDefinition(SagaName<Payload, Payload>(name), version: 1) {
                Step("wait", "bench.nobody")
            })
        let input = LoadOrder(number: 0, isRefused: false).payload(bytes: command.payload)
        let total = command.live
        try await withThrowingTaskGroup(of: Void.self) { group in
            let lanes = min(total, 256)
            for lane in 0..<lanes {
                group.addTask {
                    for _ in stride(from: lane, to: total, by: lanes) {
                        _ = try await client.start(name, input: input)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

/// The daemon at one moment.
private struct Snapshot {
    let status: CoordinatorStatus
    let processor: Int64
    let peakBytes: Int

    init(_ client: SagaClient, _ daemon: CoordinatorProcess) async throws {
        status = try await client.coordinatorStatus()
        let use = try ResourceUse.of(process: daemon.identifier)
        processor = use.processorMicroseconds
        peakBytes = use.peakResidentBytes
    }
}
