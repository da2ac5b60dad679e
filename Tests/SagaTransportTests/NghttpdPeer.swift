import Foundation
import SagaSystem

/// nghttp2's own server, which knows nothing of gRPC, over files of the test.
final class NghttpdPeer: Sendable {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// Where it listens, as a client's target names it.
    let address: String
    private let process: ChildProcess
    private let folder: String

    private init(address: String, process: ChildProcess, folder: String) {
        self.address = address
        self.process = process
        self.folder = folder
    }

    /// Starts the program; a client that waits for its server waits for this one too.
    ///
    /// `files` are answers by path: a path that ends with `.grpc` is answered as gRPC, with status
    /// OK behind it. `flags` are more of its own; with certificates it speaks TLS.
    static func start(
        files: [String: [UInt8]], flags: [String] = [], certificates: TestCertificates? = nil
    ) throws -> NghttpdPeer {
        // Debian puts servers where only root's PATH leads.
        let program = "/usr/sbin/nghttpd"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Missing(description: "\(program) is missing; install nghttp2-server")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        for (path, bytes) in files {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }
        let types = folder.appending(path: "types")
        try Data("application/grpc grpc\n".utf8).write(to: types)
        // It does not say which free port it took; but an address of the loopback network that
        // nobody else draws has all ports free.
        let numbers = (0..<3).map { _ in String(Int.random(in: 2...250)) }
        let host = "127.\(numbers.joined(separator: "."))"
        let process = try ChildProcess(
            .init(
                program,
                (certificates == nil ? ["--no-tls"] : []) + flags + [
                    "--address", host, "--htdocs", folder.path, "--mime-types-file", types.path,
                    "--trailer", "grpc-status: 0", "7242",
                ] + (certificates.map { [$0("server.key"), $0("server.pem")] } ?? [])))
        return NghttpdPeer(address: "\(host):7242", process: process, folder: folder.path)
    }

    /// Ends the program at once.
    func kill() async throws {
        process.sendToGroup(SIGKILL)
        _ = try await process.ended()
        try FileManager.default.removeItem(atPath: folder)
    }
}
