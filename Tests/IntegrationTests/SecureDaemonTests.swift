import Foundation
import SagaProcesses
import SagaSystem
import Testing

/// The real daemon and its client over TLS, Unix sockets and an inherited socket, and other
/// people's programs against it.
@Suite struct SecureDaemonTests {
    /// A folder with certificates, in which the daemon has its data too.
    private struct World {
        let folder: TestFolder
        let certificates: TestCertificates

        init() async throws {
            folder = try TestFolder()
            certificates = try await TestCertificates(in: folder)
        }

        func file(_ name: String) -> String { certificates.file(name) }

        func put(_ name: String, as other: String) throws {
            try FileManager.default.copyItem(atPath: file(name), toPath: file("fresh"))
            guard rename(file("fresh"), file(other)) == 0 else {
                throw CocoaError(.fileWriteUnknown)
            }
        }

        /// The flags of a daemon with a certificate of its own files.
        func serverFlags(_ policy: String = "asked") -> [String] {
            certificates.serverFlags
                + ["--tls-client-ca", file("root.pem"), "--tls-client-auth", policy]
        }

        func client(_ name: String) -> [String] {
            [
                "--tls-ca", file("root.pem"), "--tls-cert", file("\(name).pem"), "--tls-key",
                file("\(name).key"),
            ]
        }

        func daemon(_ flags: [String]) throws -> CoordinatorProcess {
            var configuration = try Programs.coordinator(in: folder)
            configuration.listen = "127.0.0.1:0"
            configuration.flags += flags
            return try CoordinatorProcess.start(configuration)
        }

        func run(_ program: String, _ arguments: [String]) async throws -> ProgramRun {
            try await ProgramRun(program, arguments)
        }

        func sagactl(_ arguments: [String]) async throws -> ProgramRun {
            try await run(try Programs.built("sagactl"), arguments)
        }
    }

    @Test func theNameInACertificateIsWhoStartedASaga() async throws {
        let world = try await World()
        let daemon = try world.daemon(world.serverFlags())
        let definition = world.folder.file("order.yaml")
        try Data(
            """
            name: order
            version: 1
            steps:
              - { name: charge, handler: payments.charge }

            """.utf8
        ).write(to: URL(filePath: definition))
        let input = world.folder.file("input.json")
        try Data("{}".utf8).write(to: URL(filePath: input))
        let secure = ["--address", daemon.address] + world.client("client")
        let registered = try await world.sagactl(secure + ["register", definition])
        #expect(registered.status == .exited(0), "\(registered)")
        let started = try await world.sagactl(
            secure + ["--as", "mallory", "start", "order", "--key", "1", "--input", input])
        #expect(started.status == .exited(0), "\(started)")
        let shown = try await world.sagactl(secure + ["--json", "show", "order/1"])
        #expect(
            shown.output.contains(#""startedBy":{"name":"spiffe://test/web","verified":true}"#),
            "\(shown)")
        // Without a certificate a client is what it says.
        let plain = ["--address", daemon.address, "--tls-ca", world.file("root.pem")]
        _ = try await world.sagactl(
            plain + ["--as", "mallory", "start", "order", "--key", "2", "--input", input])
        let other = try await world.sagactl(plain + ["--json", "show", "order/2"])
        #expect(other.output.contains(#""startedBy":{"name":"mallory""#), "\(other)")
        #expect(!other.output.contains(#""verified":true"#), "\(other)")
        #expect(try daemon.stop() == .exited(0))
    }

    @Test func theAdminClientSaysWhatIsWrong() async throws {
        let world = try await World()
        let daemon = try world.daemon(world.serverFlags("required"))
        let roots = ["--tls-ca", world.file("root.pem")]
        for (flags, status, part) in [
            ([], 69, "the server speaks TLS"),
            (roots, 69, "client certificate"),
            (["--tls-ca", world.file("stranger.pem")], 69, "is not among the roots"),
            (["--tls-ca", world.file("garbage.pem")], 78, world.file("garbage.pem")),
            (["--tls-ca", world.file("none.pem")], 78, "there is no such file"),
            (world.client("client") + ["--tls-name", "x.test"], 69, "not for x.test"),
            (["--tls-name", "127.0.0.1"], 64, "is no host name"),
            (["--tls-key", world.file("client.key")], 64, "--tls-key needs --tls-cert"),
            (
                [
                    "--tls-cert", world.file("server.pem"), "--tls-key", world.file("client.key"),
                ], 78, "is not the key of the certificate"
            ),
        ] as [([String], Int32, String)] {
            let run = try await world.sagactl(["--address", daemon.address] + flags + ["status"])
            #expect(run.status == .exited(status), "\(flags): \(run)")
            #expect(run.error.contains(part), "\(flags): \(run)")
        }
        let good = try await world.sagactl(
            ["--address", daemon.address] + world.client("client") + ["status"])
        #expect(good.status == .exited(0), "\(good)")
        #expect(try daemon.stop() == .exited(0))
    }

    @Test func theDaemonSaysWhatIsWrong() async throws {
        let world = try await World()
        let data = try world.folder.folder("data")
        let (certificate, key) = (world.file("server.pem"), world.file("server.key"))
        func tls(_ certificate: String, _ key: String) -> [String] {
            ["--tls-cert", certificate, "--tls-key", key]
        }
        try Data().write(to: URL(filePath: world.folder.file("file")))
        for (flags, status, part) in [
            (tls(world.file("ended.pem"), world.file("ended.key")), 78, "expired on"),
            (tls(world.file("none.pem"), key), 78, world.file("none.pem")),
            (tls(key, certificate), 78, "were two files swapped?"),
            (tls(certificate, world.file("client.key")), 78, "is not the key"),
            (tls(certificate, world.file("encrypted.key")), 78, "passphrase"),
            (["--tls-key", key], 64, "--tls-key needs --tls-cert"),
            (["--tls-cert", certificate], 64, "--tls-cert needs --tls-key"),
            (["--tls-client-ca", certificate], 64, "needs --tls-cert"),
            (tls(certificate, key) + ["--tls-client-auth", "required"], 64, "--tls-client-ca"),
            (tls(certificate, key) + ["--tls-client-auth", "maybe"], 64, "maybe"),
            (["--listen", "fd:1"], 64, "standard streams"),
            (["--listen", "fd:77"], 75, "no file is open"),
            (["--listen", "unix:\(world.folder.file("file"))"], 75, "no socket"),
            (["--socket-mode", "999"], 64, "999"),
        ] as [([String], Int32, String)] {
            let run = try await world.run(
                try Programs.sagad,
                ["--data-dir", data, "--allow-volatile", "--metrics-listen", "none"]
                    + (flags.contains("--listen") ? [] : ["--listen", "127.0.0.1:0"]) + flags)
            #expect(run.status == .exited(status), "\(flags): \(run)")
            let lines = run.error.split(separator: "\n")
            #expect(lines.count == 1 && run.error.hasPrefix("sagad: error: "), "\(run)")
            #expect(run.error.contains(part), "\(flags): \(run)")
        }
    }

    @Test func certificatesAreReloaded() async throws {
        let world = try await World()
        let daemon = try world.daemon(world.serverFlags("off").dropLast(4) + [])
        let log = world.folder.file("data.log")
        func subject() async throws -> String {
            let run = try await world.run(
                try Programs.installed("openssl", package: "openssl"),
                [
                    "s_client", "-connect", daemon.address, "-alpn", "h2", "-CAfile",
                    world.file("root.pem"), "-verify_return_error", "-brief",
                ])
            return run.error + run.output
        }
        /// Waits for another line of the log.
        func logged(_ text: String, times: Int) async throws {
            while try String(contentsOfFile: log, encoding: .utf8)
                .components(separatedBy: text).count <= times
            {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        let first = try await subject()
        #expect(first.contains("CN = sagad\n"), "\(first)")
        #expect(first.contains("TLSv1.3") && first.contains("Verification: OK"), "\(first)")
        try world.put("renewed.pem", as: "server.pem")
        try world.put("renewed.key", as: "server.key")
        daemon.child.send(SIGHUP)
        try await logged("certificates reloaded", times: 1)
        let second = try await subject()
        #expect(second.contains("CN = sagad renewed\n"), "\(second)")
        try world.put("garbage.pem", as: "server.pem")
        daemon.child.send(SIGHUP)
        try await logged("certificates not reloaded", times: 1)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains("server.pem: is not PEM"), "\(text)")
        let third = try await subject()
        #expect(third.contains("CN = sagad renewed\n"), "\(third)")
        #expect(try daemon.stop() == .exited(0))
    }

    @Test func otherPeoplesPrograms() async throws {
        let world = try await World()
        let daemon = try world.daemon(world.serverFlags("required"))
        let script = Programs.tests.appending(path: "InteropTests/tls_client.py").path
        func grpcio(_ roots: String, _ own: String?) async throws -> String {
            let files = own.map { [world.file("\($0).pem"), world.file("\($0).key")] } ?? []
            let run = try await world.run(
                try Programs.python, [script, daemon.address, world.file(roots)] + files)
            return run.output + run.error
        }
        #expect(try await grpcio("root.pem", "client") == "OK\n")
        for (roots, own) in [
            ("root.pem", nil), ("root.pem", "client-strange"), ("stranger.pem", "client"),
        ] as [(String, String?)] {
            let output = try await grpcio(roots, own)
            #expect(output.hasPrefix("UNAVAILABLE "), "\(roots) \(own ?? ""): \(output)")
        }
        let curl = try Programs.installed("curl", package: "curl")
        let own = ["--cert", world.file("client.pem"), "--key", world.file("client.key")]
        let common = [
            "--silent", "--cacert", world.file("root.pem"), "--write-out",
            "%{http_version} %{http_code}", "https://\(daemon.address)/",
        ]
        for (flags, tail) in [
            (["--http2"] + own, "2 200"), (["--http2", "--tls-max", "1.2"] + own, "2 200"),
            (["--http1.1"] + own, "0 000"), (["--http2"], " 000"),
        ] {
            let run = try await world.run(curl, flags + common)
            #expect(run.output.hasSuffix(tail), "\(flags): \(run)")
        }
        #expect(try daemon.stop() == .exited(0))
    }

    @Test func aUnixSocketIsForItsOwnerAndPlain() async throws {
        let world = try await World()
        let path = world.folder.file("socket")
        let daemon = try world.daemon(world.serverFlags() + ["--listen", "unix:\(path)"])
        let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(rights as? Int == 0o600)
        let run = try await world.sagactl(["--address", "unix:\(path)", "--tls", "status"])
        #expect(run.status == .exited(0), "\(run)")
        #expect(try daemon.stop() == .exited(0))
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aSocketIsInherited() async throws {
        let world = try await World()
        var configuration = try Programs.coordinator(in: world.folder)
        configuration.listen = "fd:3"
        configuration.flags += ["--socket-mode", "660"]
        configuration.wrapper = [
            try Programs.installed("python3", package: "python3"), "-c",
            """
            import os, socket, sys
            listener = socket.create_server(("127.0.0.1", 0))
            os.dup2(listener.fileno(), 3)
            os.set_inheritable(3, True)
            os.execv(sys.argv[1], sys.argv[1:])
            """,
        ]
        let daemon = try CoordinatorProcess.start(configuration)
        #expect(daemon.address.hasPrefix("127.0.0.1:"), "\(daemon.address)")
        let run = try await world.sagactl(["--address", daemon.address, "status"])
        #expect(run.status == .exited(0), "\(run)")
        #expect(try daemon.stop() == .exited(0))
    }
}
