internal import SagaCoordinator
internal import SagaSystem
internal import SagaTransport

/// The echo server as a process of its own, so that its processor time is told apart.
final class EchoProcess {
    /// Why it does not serve.
    enum Failure: Error {
        case ended(ChildProcess.Status)
        case slow
    }

    let target: ClientTarget
    let wire: ClientWire
    private let child: ChildProcess
    private let directory: WorkDirectory

    private init(
        _ child: ChildProcess, address: String, wire: ClientWire, _ directory: WorkDirectory
    ) throws {
        target = try ClientTarget(address)
        self.wire = wire
        self.child = child
        self.directory = directory
    }

    /// Starts it and waits until it serves, at most 20 seconds.
    static func start(isSecure: Bool) throws -> EchoProcess {
        let directory = try WorkDirectory(in: ".")
        let file = directory.path + "/address"
        var flags = ["transport", "--serve", file]
        var wire = ClientWire.plain
        if isSecure {
            let certificate = try EchoCertificate.make(in: directory.path)
            flags += [
                "--serve-certificate", certificate.certificateFile,
                "--serve-key", certificate.keyFile,
            ]
            wire = .secure(ClientTLS(rootsFile: certificate.certificateFile, .system))
        }
        let child = try ChildProcess(
            ChildProcess.Command(ThisProcess.sibling("sagabench"), flags, output: .discarded))
        let deadline = MonotonicInstant.now().microseconds + 20_000_000
        while MonotonicInstant.now().microseconds < deadline {
            if let text = try? WholeFile.read(file) {
                return try EchoProcess(
                    child, address: String(decoding: text, as: UTF8.self), wire: wire, directory)
            }
            // Waits for the end of the child, which is the other thing that may happen.
            if let status = try child.wait(microseconds: 2_000) { throw Failure.ended(status) }
        }
        child.sendToGroup(9)
        throw Failure.slow
    }

    /// What it has used so far.
    func use() throws -> ResourceUse { try ResourceUse.of(process: child.identifier) }

    func stop() { child.sendToGroup(9) }
}
