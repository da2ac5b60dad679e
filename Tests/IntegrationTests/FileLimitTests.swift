import Foundation
import Saga
import SagaProcesses
import SagaSystem
import Testing

/// How many files the daemon may have open, which is how many connections.
@Suite(.timeLimit(.minutes(1))) struct FileLimitTests {
    private func prlimit() throws -> String {
        try Programs.installed("prlimit", package: "util-linux")
    }

    /// Runs a daemon that may have so many files: at first, and by itself at most.
    private func daemon(
        in folder: TestFolder, _ limit: String, _ flags: [String] = []
    ) throws -> CoordinatorProcess {
        var configuration = try Programs.coordinator(
            in: folder, wrapper: [try prlimit(), "--nofile=\(limit)"])
        configuration.flags += flags
        return try CoordinatorProcess.start(configuration)
    }

    /// The fields of the line about files in /proc: what is in force, and what may be.
    private func filesAllowed(_ daemon: CoordinatorProcess) throws -> [Substring] {
        let text = try String(contentsOfFile: "/proc/\(daemon.identifier)/limits", encoding: .utf8)
        let line = try #require(
            text.split(separator: "\n").first { $0.hasPrefix("Max open files") })
        return Array(line.split(separator: " ").dropFirst(3).prefix(2))
    }

    @Test func takesAsManyAsItMay() throws {
        let daemon = try daemon(in: TestFolder(), "100:4096", ["--max-connections", "2000"])
        #expect(try filesAllowed(daemon) == ["4096", "4096"])
        try daemon.kill()
    }

    @Test func fewerConnectionsThanByDefault() throws {
        let folder = try TestFolder()
        let daemon = try daemon(in: folder, "500:500")
        let log = try String(contentsOfFile: folder.file("data.log"), encoding: .utf8)
        let line = log.split(separator: "\n").first { $0.contains("fewer connections than by") }
        let words = try #require(line, "\(log)").split(separator: " ")
        let count = try #require(words.first { $0.hasPrefix("connections=") }?.dropFirst(12))
        #expect((64..<500).contains(Int(count) ?? 0), "\(count)")
        try daemon.kill()
    }

    /// Who wants to connect while no file is left waits, and the daemon does not ask for it
    /// without a pause.
    @Test func noFileLeft() async throws {
        let folder = try TestFolder()
        let daemon = try CoordinatorProcess.start(try Programs.coordinator(in: folder))
        let open = try FileManager.default.contentsOfDirectory(
            atPath: "/proc/\(daemon.identifier)/fd"
        ).count
        try await setLimit(daemon, open + 5)
        let began = ContinuousClock.now
        let sockets = try (0..<30).map { _ in try PlainSocket(daemon.address) }
        func log() throws -> String {
            try String(contentsOfFile: folder.file("data.log"), encoding: .utf8)
        }
        while try !log().contains("no connection can be accepted for now") {
            try await Task.sleep(for: .milliseconds(5))
        }
        // Long enough for one that tries without a pause to do so ten thousand times.
        try await Task.sleep(for: .milliseconds(500))
        try await setLimit(daemon, open + 200)
        for socket in sockets { #expect(socket.hearsSomething()) }
        try await withSagaClient(daemon.address) { client in
            let status = try await client.coordinatorStatus()
            #expect(status.process.fileLimit == UInt64(open + 200))
            // This client has a connection of its own.
            let used = withExtendedLifetime(sockets) { UInt64(open + sockets.count + 1) }
            #expect((used..<used + 20).contains(status.process.openFiles))
            let failed = status.transport.counters.first { $0.name == "accepts_failed" }?.count ?? 0
            let pauses = (ContinuousClock.now - began) / .milliseconds(100)
            #expect((1...(10 + 2 * UInt64(pauses))).contains(failed), "\(failed) in \(pauses)")
        }
        try daemon.kill()
    }

    private func setLimit(_ daemon: CoordinatorProcess, _ count: Int) async throws {
        let child = try ChildProcess(
            .init(try prlimit(), ["--pid", "\(daemon.identifier)", "--nofile=\(count):"]))
        try #require(try await child.ended() == .exited(0))
    }
}

/// A connection that says nothing.
private final class PlainSocket {
    struct Refused: Error {
        let errno: Int32
    }

    private let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)

    init(_ address: String) throws {
        let parts = address.split(separator: ":")
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = (UInt16(parts[1]) ?? 0).bigEndian
        inet_pton(AF_INET, String(parts[0]), &place.sin_addr)
        let result = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Refused(errno: errno) }
    }

    deinit { close(descriptor) }

    /// Waits for a byte of the server, whose SETTINGS come without being asked for.
    func hearsSomething() -> Bool {
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0) == 1
    }
}
