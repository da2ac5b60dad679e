import Foundation
import Saga
import SagaProcesses
import SagaSystem
import Testing

/// The daemon under a service manager: what it tells, what it takes, and the units for it.
@Suite(.timeLimit(.minutes(3))) struct ServiceTests {
    private static let units = Shell.root.appending(path: "Examples/systemd").path

    /// A daemon that tells a manager how it is; the test is the manager.
    private func start(
        _ folder: TestFolder, _ socket: NotifySocket, environment: [String: String] = [:]
    ) async throws -> CoordinatorProcess {
        var configuration = try Programs.coordinator(in: folder)
        configuration.metrics = configuration.listen
        configuration.environment["NOTIFY_SOCKET"] = socket.name
        configuration.environment["WATCHDOG_USEC"] = "3000000"
        configuration.environment.merge(environment) { $1 }
        let ready = configuration
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try CoordinatorProcess.start(ready) })
            }
        }
    }

    private func body(_ daemon: CoordinatorProcess, _ path: String) async throws -> String {
        try await ProgramRun(
            try Programs.installed("curl", package: "curl"),
            [
                "--silent", "--max-time", "20", "--write-out", "%{http_code}",
                "http://\(try #require(daemon.metrics))\(path)",
            ]
        ).output
    }

    @Test(arguments: [true, false])
    func aLifeAsItIsTold(isAbstract: Bool) async throws {
        let folder = try TestFolder()
        let socket = try NotifySocket(
            isAbstract ? "@saga-test-\(UUID().uuidString)" : folder.file("notify"))
        let daemon = try await start(folder, socket)
        defer { daemon.child.sendToGroup(SIGKILL) }
        let ready = try #require(await socket.message(with: "READY=1", within: .seconds(10)))
        #expect(ready.message == "READY=1\nSTATUS=serving at \(daemon.address)")
        #expect(!socket.all[..<(ready.next - 1)].contains { $0.contains("READY=1") })
        let first = try #require(
            await socket.message(with: "WATCHDOG=1", from: ready.next, within: .seconds(10)))
        #expect(first.message == "WATCHDOG=1")
        _ = try #require(
            await socket.message(with: "WATCHDOG=1", from: first.next, within: .seconds(10)))

        daemon.child.send(SIGHUP)
        let reloading = try #require(
            await socket.message(with: "RELOADING=1", from: first.next, within: .seconds(10)))
        let stamp = reloading.message.split(separator: "\n")
            .first { $0.hasPrefix("MONOTONIC_USEC=") }?.dropFirst("MONOTONIC_USEC=".count)
        let microseconds = try #require(stamp.flatMap { Int64($0) })
        #expect(abs(MonotonicInstant.now().microseconds - microseconds) < 60_000_000)
        let again = try #require(
            await socket.message(with: "READY=1", from: reloading.next, within: .seconds(10)))

        daemon.child.send(SIGTERM)
        _ = try #require(
            await socket.message(with: "STOPPING=1", from: again.next, within: .seconds(10)))
        #expect(try await daemon.child.ended(within: .seconds(10)) == .exited(0))
    }

    /// A watchdog that is not for this process is not fed.
    @Test func aWatchdogOfAnother() async throws {
        let folder = try TestFolder()
        let socket = try NotifySocket(folder.file("notify"))
        let daemon = try await start(folder, socket, environment: ["WATCHDOG_PID": "1"])
        defer { daemon.child.sendToGroup(SIGKILL) }
        _ = try #require(await socket.message(with: "READY=1", within: .seconds(10)))
        #expect(await socket.message(with: "WATCHDOG=1", within: .seconds(4)) == nil)
    }

    /// Delays one kind of system call of a process that runs.
    private func delay(
        _ call: String, bySeconds seconds: Int, _ times: String, _ process: Int32,
        _ folder: TestFolder
    ) async throws -> ChildProcess {
        let log = folder.file("strace")
        let tracer = try ChildProcess(
            .init(
                try Programs.installed("strace", package: "strace"),
                [
                    "-f", "-e", "trace=\(call)", "-e",
                    "inject=\(call):delay_enter=\(seconds * 1_000_000)\(times)", "-o",
                    folder.file("calls"), "-p", "\(process)",
                ], error: .file(log)))
        // It says when it has attached to all threads.
        for _ in 0..<600 {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            if text.contains("attached") { return tracer }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotifySocket.Fault(description: "strace does not attach")
    }

    /// A sync that the kernel works on keeps the daemon alive and lets nothing in; once it is over
    /// all goes on.
    @Test func aSlowDisk() async throws {
        let folder = try TestFolder()
        let socket = try NotifySocket(folder.file("notify"))
        let daemon = try await start(folder, socket)
        defer { daemon.child.sendToGroup(SIGKILL) }
        let client = SagaClient(daemon.address, timeout: .seconds(60))
        let tracer = try await delay(
            "fdatasync", bySeconds: 12, ":when=1", daemon.identifier, folder)
        let slow = Task {
            _ = try await client.register(
                SagaDefinition(SagaName<String, String>("a"), version: 1) { Step("a", "a.a") })
        }
        let told = try #require(
            await socket.message(with: "the disk has not answered", within: .seconds(30)))
        let answer = try await body(daemon, "/readyz")
        #expect(answer.hasPrefix("{\"state\":\"stalled\"") && answer.hasSuffix("503"), "\(answer)")
        let hasty = SagaClient(daemon.address, timeout: .seconds(1))
        await #expect(throws: SagaError.self) { _ = try await hasty.coordinatorStatus() }
        await hasty.shutdown()
        // Fed all the time, and open again in the end.
        let alive = try #require(
            await socket.message(with: "WATCHDOG=1", from: told.next, within: .seconds(10)))
        _ = try #require(
            await socket.message(
                with: "STATUS=serving; room", from: alive.next, within: .seconds(30)))
        try await slow.value
        #expect(try await body(daemon, "/readyz").hasSuffix("200"))
        #expect(
            try await body(daemon, "/metrics").contains(
                "{method=\"saga.v1.AdminService/GetStatus\",code=\"UNAVAILABLE\"}"))
        tracer.send(SIGTERM)
        await client.shutdown()
    }

    /// An engine that makes no progress: the watchdog is not fed for longer than the whole time of
    /// the manager, though all loops are live; by its rule a manager ends the daemon then.
    @Test func anEngineThatIsStuck() async throws {
        let folder = try TestFolder()
        let socket = try NotifySocket(folder.file("notify"))
        let daemon = try await start(folder, socket)
        defer { daemon.child.sendToGroup(SIGKILL) }
        _ = try #require(await socket.message(with: "WATCHDOG=1", within: .seconds(10)))
        // The engine's thread asks for the free space of the disk when somebody wants to see it.
        let tracer = try await delay(
            "fstatfs", bySeconds: 120, "", daemon.identifier, folder)
        defer { tracer.sendToGroup(SIGKILL) }
        let scrape = Task { try await body(daemon, "/metrics") }
        let stuck = try #require(
            await socket.message(with: "STATUS=no progress", within: .seconds(60)))
        // More than the manager's whole time without a sign of life.
        let sign = await socket.message(with: "WATCHDOG=1", from: stuck.next, within: .seconds(4))
        #expect(sign == nil, "\(socket.all)")
        #expect(try await body(daemon, "/healthz").hasSuffix("200"))
        _ = try await scrape.value
        let log = try String(contentsOfFile: folder.file("data.log"), encoding: .utf8)
        #expect(log.contains("the engine makes no progress"))
    }

    /// Handlers that run for long are not waited for.
    @Test func stopsWithinFiveSecondsUnderLoad() async throws {
        try await SDKWorld.with { world in
            world.serve(
                "1",
                [
                    Handler("slow.work") { (text: String, _) in
                        try? await Task.sleep(for: .seconds(30))
                        return text
                    }
                ])
            let name = SagaName<String, String>("slow")
            try await world.client.register(
                SagaDefinition(name, version: 1) { Step("work", "slow.work") })
            for number in 0..<50 {
                _ = try await world.client.start(name, input: "x", key: "\(number)")
            }
            let (status, took) = try await world.stop()
            #expect(status == .exited(0))
            #expect(took < .seconds(5))
        }
    }

    @Test func socketActivation() async throws {
        let folder = try TestFolder()
        let data = try folder.folder("data")
        let (grpc, metrics) = (folder.file("grpc"), folder.file("metrics"))
        let child = try ChildProcess(
            .init(
                try Programs.installed("systemd-socket-activate", package: "systemd"),
                [
                    "--listen", grpc, "--listen", metrics, "--fdname", "grpc:metrics",
                    try Programs.sagad, "--data-dir", data, "--allow-volatile", "--ready-file",
                    folder.file("ready"),
                ], environment: Programs.cleanEnvironment, error: .file(folder.file("error"))))
        defer { child.sendToGroup(SIGKILL) }
        let curl = try Programs.installed("curl", package: "curl")
        // The first connection starts the daemon; it waits in the socket until it is taken.
        var run = try await ProgramRun(curl, ["--unix-socket", metrics, "http://x/healthz"])
        for _ in 0..<100 where run.status == .exited(7) {
            try await Task.sleep(for: .milliseconds(100))
            run = try await ProgramRun(curl, ["--unix-socket", metrics, "http://x/healthz"])
        }
        #expect(run.output == "ok\n", "\(run)")
        for _ in 0..<600 where !FileManager.default.fileExists(atPath: folder.file("ready")) {
            try await Task.sleep(for: .milliseconds(50))
        }
        let ready = try String(contentsOfFile: folder.file("ready"), encoding: .utf8)
        #expect(ready.contains("{\"listen\": [\"unix:\(grpc)\"], \"metrics\": \"unix:\(metrics)\""))
    }

    // MARK: Units

    @Test func unitsAreValid() async throws {
        let folder = try TestFolder()
        var paths: [String] = []
        for unit in ["sagad.service", "sagad.socket", "participant@.service"] {
            let text = try String(contentsOfFile: "\(Self.units)/\(unit)", encoding: .utf8)
                .replacingOccurrences(of: "/usr/local/bin/sagad", with: try Programs.sagad)
                .replacingOccurrences(of: "/usr/local/bin/%i", with: try Programs.sagad)
            paths.append(folder.file(unit))
            try text.write(toFile: paths[paths.count - 1], atomically: true, encoding: .utf8)
        }
        let analyze = try Programs.installed("systemd-analyze", package: "systemd")
        let run = try await ProgramRun(analyze, ["verify"] + paths)
        // It exits 0 on keys that it does not know.
        #expect(run.status == .exited(0) && run.text.isEmpty, "\(run)")
    }

    @Test(arguments: ["sagad.service", "participant@.service"])
    func unitsAreHardened(_ unit: String) async throws {
        let analyze = try Programs.installed("systemd-analyze", package: "systemd")
        let run = try await ProgramRun(
            analyze, ["security", "--offline=true", "--threshold=19", "\(Self.units)/\(unit)"])
        #expect(run.status == .exited(0), "\(run.output.suffix(200))")
    }

    /// What the issue of a unit is: these lines are promised.
    @Test func theUnitOfTheDaemon() throws {
        let text = try String(contentsOfFile: "\(Self.units)/sagad.service", encoding: .utf8)
        for line in [
            "Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "StateDirectory=sagad",
            "RestartPreventExitStatus=64 65 73 78", "WatchdogSec=30s", "StartLimitBurst=5",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
    }
}
