internal import SagaRPC
internal import SagaSystem
internal import SagaTransport

/// Answers each unary call with its message, on one event loop.
enum EchoServer {
    static let path = "/sagabench.Echo/Unary"

    /// Serves until the process is ended.
    static func run(addressFile: String) async throws {
        let server = try await Server.start(
            [ListenAddress(host: "127.0.0.1", port: 0)], on: EventLoops.make(1),
            RPCSettings(programName: "sagabench", programVersion: "1"),
            methods: MethodTable([path])
        ) { EchoHandler($0) }
        try WholeFile.write(Array("\(server.boundAddresses[0])".utf8), to: addressFile)
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}

/// Echoes straight on the event loop.
private final class EchoHandler: ServiceHandler {
    private let writer: CallWriter

    init(_ writer: CallWriter) { self.writer = writer }

    func opened(_ call: ServerCallID, _ request: CallRequest) -> Admission { .accept }
    func message(_ call: ServerCallID, _ bytes: Span<UInt8>) { writer.reply(call, bytes) }
    func halfClosed(_ call: ServerCallID) {}
    func ended(_ call: ServerCallID, _ cause: CallEnd) {}
    func writable(_ call: ServerCallID) {}
    func turnEnded() {}
}

/// The echo server as a process of its own, so that its processor time is told apart.
final class EchoProcess {
    /// Why it does not serve.
    enum Failure: Error {
        case ended(ChildProcess.Status)
        case slow
    }

    let address: String
    private let child: ChildProcess
    var identifier: Int32 { child.identifier }

    private init(address: String, child: ChildProcess) {
        self.address = address
        self.child = child
    }

    /// Starts it and waits until it serves, at most 20 seconds.
    static func start() throws -> EchoProcess {
        let directory = try WorkDirectory(in: ".")
        let file = directory.path + "/address"
        let child = try ChildProcess(
            ChildProcess.Command(
                ThisProcess.sibling("sagabench"), ["transport", "--serve", file],
                output: .discarded))
        let deadline = MonotonicInstant.now().microseconds + 20_000_000
        while MonotonicInstant.now().microseconds < deadline {
            if let text = try? WholeFile.read(file) {
                return EchoProcess(address: String(decoding: text, as: UTF8.self), child: child)
            }
            // Waits for the end of the child, which is the other thing that may happen.
            if let status = try child.wait(microseconds: 2_000) { throw Failure.ended(status) }
        }
        child.sendToGroup(9)
        throw Failure.slow
    }

    func stop() { child.sendToGroup(9) }
}
