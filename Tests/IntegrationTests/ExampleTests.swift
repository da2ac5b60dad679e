import Foundation
import SagaSystem
import Testing

/// The scripts in Examples, on what has been built for the tests.
@Suite struct ExampleTests {
    private static let installLine =
        "apt-get update && apt-get install --yes --no-install-recommends "
        + "libnghttp2-dev libprotobuf-c-dev libsqlite3-dev pkg-config zlib1g-dev"

    private func quickstart(
        _ folder: Shell.Folder, _ environment: [String: String]
    ) async throws -> Shell.Run {
        try await Shell.run(
            "exec Examples/quickstart.sh", in: Shell.root, folder, environment: environment)
    }

    /// Each has its own port, directory and processes, and leaves none of them behind.
    @Test func quickstartRunsTwiceAtOnceAndLeavesNothingBehind() async throws {
        let folder = try Shell.Folder()
        let temporary = try folder.folder("tmp").path
        let environment = [
            "QUICKSTART_CONFIGURATION": "debug", "TMPDIR": temporary, "LC_ALL": "C.UTF-8",
        ]
        async let one = quickstart(folder, environment)
        async let other = quickstart(folder, environment)
        for run in try await [one, other] {
            #expect(run.status == .exited(0), "\(run.output)")
            for expected in [
                "stock 10 -> 9   Alice 1000.00 -> 850.00   shipments 0 -> 1",
                "no-carrier \"No carrier serves 99950\"",
                "stock 9 -> 9   Alice 850.00 -> 850.00   shipments 1 -> 1",
                "stock 9 -> 8   Alice 850.00 -> 700.00   shipments 1 -> 2",
                "stock 8 -> 7   Alice 700.00 -> 550.00   shipments 2 -> 3",
                "↩ charge", "epoch 2, serving after", "attempt 2", "All four ended as they should",
            ] {
                #expect(run.output.contains(expected), "no \(expected) in \(run.output)")
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty)
        #expect(try folder.processes().isEmpty)
    }

    @Test func quickstartThatIsStoppedLeavesNothingBehind() async throws {
        let folder = try Shell.Folder()
        let temporary = try folder.folder("tmp").path
        let run = try await Shell.run(
            """
            Examples/quickstart.sh >"$TMPDIR.log" 2>&1 &
            until grep -q '^2 ' "$TMPDIR.log"; do kill -0 $! || exit 1; sleep 0.01; done
            kill -TERM $!
            wait $!
            """, in: Shell.root, folder,
            environment: ["QUICKSTART_CONFIGURATION": "debug", "TMPDIR": temporary])
        #expect(run.status == .exited(143), "\(run.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty)
        #expect(try folder.processes().isEmpty)
    }

    @Test func quickstartWithoutSwiftSaysWhereToGetIt() async throws {
        let folder = try Shell.Folder()
        let programs = try folder.programs(without: ["swift"])
        let run = try await quickstart(folder, ["PATH": programs.path])
        #expect(run.status == .exited(69))
        #expect(run.output.contains("https://www.swift.org/install/linux/"), "\(run.output)")
    }

    @Test func quickstartWithAnOldSwiftSaysSo() async throws {
        let folder = try Shell.Folder()
        let programs = try folder.programs(with: [
            "swift": "echo 'Swift version 6.2.4 (swift-6.2.4-RELEASE)'"
        ])
        let run = try await quickstart(folder, ["PATH": programs.path])
        #expect(run.status == .exited(69))
        #expect(run.output.contains("this is 6.2.4"), "\(run.output)")
    }

    /// Programs, a manual page for each verb, and completions that their shell can load.
    @Test func installPutsEverythingBelowItsPrefix() async throws {
        let folder = try Shell.Folder()
        let prefix = try folder.folder("prefix").path
        let run = try await Shell.run(
            """
            Examples/install.sh "$PREFIX" --debug &&
            "$PREFIX/bin/sagactl" --version && "$PREFIX/bin/sagad" --version &&
            bash -c 'source "$PREFIX/share/bash-completion/completions/sagactl" &&
                complete -p sagactl'
            """, in: Shell.root, folder, environment: ["PREFIX": prefix])
        #expect(run.status == .exited(0), "\(run.output)")
        #expect(run.output.contains("installed in \(prefix): sagad, sagactl, manual pages"))
        #expect(run.output.contains("complete -o filenames -F _sagactl sagactl"), "\(run.output)")
        let pages = try FileManager.default.contentsOfDirectory(atPath: prefix + "/share/man/man1")
        for page in ["sagad.1", "sagactl.1", "sagactl.retry.1", "sagactl.context.set.1"] {
            #expect(pages.contains(page), "\(pages)")
        }
        for file in ["zsh/site-functions/_sagactl", "fish/vendor_completions.d/sagad.fish"] {
            let text = try String(contentsOfFile: "\(prefix)/share/\(file)", encoding: .utf8)
            #expect(text.contains("sagactl") || text.contains("sagad"))
        }
    }

    @Test(arguments: [("--relase", 64, "the only flag is --debug"), ("/proc/x", 73, "cannot be")])
    func installRefusesWhatIsWrong(_ argument: String, _ status: Int32, _ message: String)
        async throws
    {
        let folder = try Shell.Folder()
        let run = try await Shell.run(
            "exec Examples/install.sh \(argument) --debug", in: Shell.root, folder)
        #expect(run.status == .exited(status), "\(run.output)")
        #expect(run.output.contains(message), "\(run.output)")
    }

    /// As root the installation fails, as anybody else there is no sudo: either way the line is
    /// printed.
    @Test func quickstartThatCannotInstallPrintsTheLineToRun() async throws {
        let folder = try Shell.Folder()
        let programs = try folder.programs(
            without: ["sudo"],
            with: [
                "swift": "echo 'Swift version 6.10 (swift-6.10-RELEASE)'",
                "dpkg-query": "exit 1", "apt-get": "echo no network; exit 100",
            ])
        let run = try await quickstart(folder, ["PATH": programs.path])
        #expect(run.status == .exited(69))
        #expect(run.output.contains("\n    \(Self.installLine)\n"), "\(run.output)")
    }

    /// Each checks by itself what comes out, to success and to compensation.
    @Test(
        arguments: [
            ("MoneyTransfer", "transfer-1 undone"), ("ContentGeneration", "generate undone"),
            ("ContentPublishing", "newsletter undone"), ("ResearchAssistant", "analyze undone"),
            ("python-participant", "attempt 2, shipping/1"),
            ("go-participant", "attempt 2, shipping/1"), ("PartnerOnboarding", "acme active"),
            ("event-monitor", "T-5  saga-compensated"),
        ])
    func runsAsItSays(_ example: String, _ shown: String) async throws {
        let folder = try Shell.Folder()
        let temporary = try folder.folder("tmp").path
        let run = try await Shell.run(
            "exec Examples/\(example)/run.sh --debug", in: Shell.root, folder,
            environment: [
                "TMPDIR": temporary, "MODEL_URL": "", "PYTHON": try Programs.python,
            ])
        #expect(run.status == .exited(0), "\(run.output)")
        #expect(run.output.contains(shown), "\(run.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty)
        #expect(try folder.processes().isEmpty)
    }

    /// The same with a server that speaks a model's API, and that is busy every other time.
    @Test(arguments: ["ContentGeneration", "ResearchAssistant"])
    func asksAServer(_ example: String) async throws {
        let folder = try Shell.Folder()
        let server = Programs.tests.appending(path: "InteropTests/model_server.py").path
        let run = try await Shell.run(
            """
            "\(try Programs.python)" "\(server)" "$TMPDIR/port" & model=$!
            until [[ -s $TMPDIR/port ]]; do kill -0 $model || exit 1; sleep 0.01; done
            MODEL_URL=http://127.0.0.1:$(<"$TMPDIR/port")/v1 MODEL_NAME=tiny MODEL_KEY=secret \
                Examples/\(example)/run.sh --debug
            status=$?
            kill $model
            wait $model
            exit $status
            """, in: Shell.root, folder,
            environment: ["TMPDIR": try folder.folder("tmp").path])
        #expect(run.status == .exited(0), "\(run.output)")
        #expect(run.output.contains("by tiny at 127.0.0.1"), "\(run.output)")
        let shown =
            example == "ResearchAssistant"
            ? "attempts: plan 2, analyze 3, report 2" : "published at /tea"
        #expect(run.output.contains(shown), "\(run.output)")
        #expect(try folder.processes().isEmpty)
    }
}
