import Foundation
import Saga
import SagaProcesses
import SagaSystem
import Testing

/// What a daemon shows over HTTP, and the monitoring files that stand on it.
@Suite(.timeLimit(.minutes(3))) struct MetricsTests {
    /// What a page holds.
    struct Answer {
        let status: Int
        let text: String
    }

    private func get(_ address: String?, _ path: String) async throws -> Answer {
        try #require(try await probe(address, path))
    }

    /// The same where nobody may listen yet: nil.
    private func probe(_ address: String?, _ path: String) async throws -> Answer? {
        let run = try await ProgramRun(
            try Programs.installed("curl", package: "curl"),
            [
                "--silent", "--show-error", "--max-time", "20", "--write-out", "%{http_code}",
                "http://\(try #require(address))\(path)",
            ])
        // curl: nobody listens.
        if run.status == .exited(7) { return nil }
        try #require(run.status == .exited(0), "\(run)")
        return Answer(
            status: try #require(Int(run.output.suffix(3))), text: String(run.output.dropLast(3)))
    }

    private struct Work: Codable {
        var works: Bool
    }

    private static let order = SagaName<Work, Work>("order")

    /// A page of a daemon that has run three sagas to their end, and undone one.
    private func livePage() async throws -> String {
        var page = ""
        try await SDKWorld.with { world in
            world.serve(
                "1",
                [
                    Handler("stock.reserve") { (work: Work, _) in
                        work
                    } compensation: { _, _ in
                    },
                    Handler("card.charge") { (work: Work, _) in
                        guard work.works else { throw SagaFailure("declined", "no") }
                        return work
                    },
                ])
            try await world.client.register(
                SagaDefinition(Self.order, version: 1) {
                    Step("reserve", "stock.reserve")
                    Step("charge", "card.charge").compensation(.none)
                })
            for number in 0..<4 {
                _ = try await world.client.execute(
                    Self.order, input: Work(works: number > 0), key: "\(number)")
            }
            page = try await get(world.metrics, "/metrics").text
        }
        return page
    }

    /// The names of all metrics that a page declares, and of the samples of its histograms.
    private func names(_ page: String) -> Set<String> {
        var names: Set<String> = []
        for line in page.split(separator: "\n") where line.hasPrefix("# TYPE ") {
            let words = line.split(separator: " ")
            names.insert(String(words[2]))
            guard words[3] == "histogram" else { continue }
            names.formUnion(["_bucket", "_sum", "_count"].map { words[2] + $0 })
        }
        return names
    }

    private func value(_ sample: String, in page: String) -> Double? {
        page.split(separator: "\n").first { $0.hasPrefix(sample + " ") }
            .flatMap { Double($0.dropFirst(sample.count + 1)) }
    }

    @Test func whatSagasLeaveBehind() async throws {
        let page = try await livePage()
        func value(_ sample: String) -> Double? { self.value(sample, in: page) }
        #expect(value("saga_started_total{definition=\"order\"}") == 4)
        for (state, count) in [("completed", 3.0), ("compensated", 1)] {
            let labels = "{definition=\"order\",state=\"\(state)\"}"
            #expect(value("saga_finished_total\(labels)") == count)
            #expect(value("saga_duration_seconds_count\(labels)") == count)
        }
        #expect(value("saga_live{definition=\"order\",state=\"running\"}") == 0)
        for (labels, outcome, count) in [
            ("{handler=\"stock.reserve\",direction=\"action\"", "succeeded", 4.0),
            ("{handler=\"stock.reserve\",direction=\"compensation\"", "succeeded", 1),
            ("{handler=\"card.charge\",direction=\"action\"", "succeeded", 3),
            ("{handler=\"card.charge\",direction=\"action\"", "failed", 1),
        ] {
            #expect(
                value("saga_attempts_total\(labels),outcome=\"\(outcome)\"}") == count, "\(labels)")
            let all = labels.contains("action") ? 4.0 : 1
            #expect(value("saga_attempt_duration_seconds_count\(labels)}") == all)
            #expect(value("saga_dispatch_wait_seconds_count\(labels)}") == all)
            #expect(value("saga_retries_total\(labels)}") == 0)
        }
        #expect(value("saga_queue_tasks{handler=\"card.charge\"}") == 0)
        let slots = try #require(value("saga_slots{handler=\"card.charge\"}"))
        #expect(slots > 0)
        #expect(value("saga_slots_free{handler=\"card.charge\"}") == slots)
        #expect(value("saga_sessions") == 1)
        let start = "{method=\"saga.v1.SagaService/StartSaga\",code=\"OK\"}"
        #expect(value("saga_rpc_requests_total\(start)") == 4, "\(page)")
        #expect(value("saga_orphans") == 0)
        #expect(try #require(value("saga_journal_sync_seconds_count")) > 0)
        #expect(try #require(value("saga_journal_batch_records_sum")) >= 16)
        #expect(try #require(value("process_resident_memory_bytes")) > 1_000_000)
    }

    /// Prometheus' own linter finds nothing to complain about.
    @Test func promtoolTakesThePage() async throws {
        let page = try await livePage()
        let folder = try TestFolder()
        try page.write(toFile: folder.file("page"), atomically: true, encoding: .utf8)
        let promtool = try Programs.installed("promtool", package: "prometheus")
        let run = try await ProgramRun(
            "/bin/sh", ["-c", "exec \"$0\" check metrics <\"$1\"", promtool, folder.file("page")])
        #expect(run.status == .exited(0), "\(run)")
        #expect(run.text.isEmpty, "\(run)")
    }

    @Test func promtoolTakesTheRules() async throws {
        let promtool = try Programs.installed("promtool", package: "prometheus")
        let folder = Shell.root.appending(path: "Examples/monitoring").path
        for arguments in [
            ["check", "rules", folder + "/alerts.yaml"],
            ["check", "config", folder + "/prometheus.yaml"],
        ] {
            let run = try await ProgramRun(promtool, arguments)
            #expect(run.status == .exited(0), "\(run)")
        }
    }

    /// Alert rules and the dashboard name nothing that the daemon does not show.
    @Test(arguments: ["alerts.yaml", "dashboard.json"])
    func monitoringNamesWhatThereIs(_ file: String) async throws {
        let known = names(try await livePage())
        let url = Shell.root.appending(path: "Examples/monitoring/\(file)")
        let text = try String(contentsOf: url, encoding: .utf8)
        let named = Set(text.matches(of: /\b(saga|process)_[a-z_]+/).map { String($0.0) })
        #expect(named.count > 10)
        #expect(named.subtracting(known).isEmpty)
    }

    @Test func probes() async throws {
        let folder = try TestFolder()
        var configuration = try Programs.coordinator(in: folder)
        configuration.metrics = configuration.listen
        let daemon = try CoordinatorProcess.start(configuration)
        defer { daemon.child.sendToGroup(SIGKILL) }
        #expect(try await get(daemon.metrics, "/healthz").status == 200)
        let ready = try await get(daemon.metrics, "/readyz?verbose")
        #expect(ready.status == 200)
        #expect(ready.text == "{\"state\":\"serving\",\"space\":\"ample\"}\n")
        #expect(try await get(daemon.metrics, "/").status == 404)
    }

    /// Probes are answered from the beginning: alive, and not ready until the journal is replayed.
    @Test func notReadyWhileRecovering() async throws {
        let folder = try TestFolder()
        let host = (0..<3).map { _ in "\(Int.random(in: 1...254))" }.joined(separator: ".")
        let metrics = "127.\(host):7243"
        let child = try ChildProcess(
            .init(
                try Programs.installed("strace", package: "strace"),
                [
                    "-f", "-qq", "-o", folder.file("calls"), "-e", "trace=fdatasync", "-e",
                    "inject=fdatasync:delay_enter=20000000:when=1", try Programs.sagad,
                    "--data-dir", try folder.folder("data"), "--listen", "127.\(host):0",
                    "--metrics-listen", metrics, "--allow-volatile",
                ], environment: Programs.cleanEnvironment, error: .file(folder.file("error"))))
        defer { child.sendToGroup(SIGKILL) }
        var first: Answer?
        for _ in 0..<400 where first == nil {
            first = try await probe(metrics, "/readyz")
            if first == nil { try await Task.sleep(for: .milliseconds(25)) }
        }
        #expect(first?.status == 503)
        #expect(first?.text.hasPrefix("{\"state\":\"recovering\"") == true)
        #expect(try await get(metrics, "/healthz").status == 200)
        let page = try await get(metrics, "/metrics").text
        #expect(page.contains("saga_build_info") && !page.contains("saga_live"))
        var last = first
        for _ in 0..<600 where last?.status != 200 {
            try await Task.sleep(for: .milliseconds(50))
            last = try await get(metrics, "/readyz")
        }
        #expect(last?.text == "{\"state\":\"serving\",\"space\":\"ample\"}\n")
    }
}
