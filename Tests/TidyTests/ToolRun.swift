import Foundation
import Glibc

/// One run of a program to its end: how it ended and what it said.
///
/// Not Foundation's `Process`: its children inherit a signal mask that blocks SIGTERM, so a time
/// limit could not end them.
struct ToolRun {
    /// Five minutes: the slowest of these tools takes seconds.
    private static let secondsAtMost = 300

    let status: Int32
    let output: String

    /// Runs a program found by PATH, or by path if there is a `/` in it, without input.
    static func run(_ arguments: [String], in directory: URL = SourceTree.root) async throws -> Self
    {
        try await withCheckedThrowingContinuation { continuation in
            // Waiting blocks, and the tests' own threads are few.
            Thread.detachNewThread {
                continuation.resume(with: Result { try runBlocking(arguments, in: directory) })
            }
        }
    }

    private static func runBlocking(_ arguments: [String], in directory: URL) throws -> Self {
        let log = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: log) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log.path, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let line =
            ["env", "--chdir=\(directory.path)", "timeout", "--kill-after=5", "\(secondsAtMost)"]
            + arguments
        var pointers = line.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        var child: pid_t = 0
        let failure = posix_spawnp(&child, "env", &actions, &attributes, &pointers, environ)
        guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EIO) }

        var ended: Int32 = 0
        while waitpid(child, &ended, 0) == -1 {
            guard errno == EINTR else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        }
        let output = String(decoding: try Data(contentsOf: log), as: UTF8.self)
        // As a shell tells it: `timeout` ends by the signal that ended its program.
        let signal = ended & 0x7F
        return ToolRun(status: signal == 0 ? (ended >> 8) & 0xFF : 128 + signal, output: output)
    }
}
