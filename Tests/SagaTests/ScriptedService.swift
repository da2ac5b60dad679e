import NIOPosix
import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Synchronization

@testable import Saga

/// A coordinator's unary methods on a real socket: answers what the test tells it to, in order.
final class ScriptedService: Sendable {
    /// One answer, made from the request's bytes.
    typealias Answer = @Sendable (_ path: String, _ request: [UInt8]) -> Result<[UInt8], RPCStatus>

    let server: Server
    private let state: Script

    private final class Script: Sendable {
        let answers: Mutex<[Answer]>
        let paths = Mutex<[String]>([])

        init(_ answers: [Answer]) {
            self.answers = Mutex(answers)
        }
    }

    private static let methods =
        ["StartSaga", "AwaitSaga", "GetSaga", "CancelSaga", "RegisterDefinition"]
        .map { "/saga.v1.SagaService/\($0)" }
        + [
            "SuspendSaga", "ResumeSaga", "RetrySaga", "SkipStep", "MarkStepCompensated",
            "CompensateSaga", "AbandonSaga", "ListParticipants",
        ].map { "/saga.v1.AdminService/\($0)" } + ["/saga.v1.ParticipantService/CompleteTask"]

    private init(_ server: Server, _ state: Script) {
        self.server = server
        self.state = state
    }

    static func start(_ answers: [Answer]) async throws -> ScriptedService {
        let script = Script(answers)
        let server = try await Server.start(
            [ListenAddress(host: "127.0.0.1", port: 0)],
            on: MultiThreadedEventLoopGroup.singleton.next(),
            RPCSettings(programName: "scripted", programVersion: "1"),
            methods: MethodTable(methods)
        ) { writer in
            Service(writer, script)
        }
        return ScriptedService(server, script)
    }

    var address: String { "\(server.boundAddresses[0])" }

    /// The methods that were called, in order, without their service.
    var called: [String] {
        state.paths.withLock { $0.map { String($0.split(separator: "/").last ?? "") } }
    }

    private final class Service: ServiceHandler {
        private let writer: CallWriter
        private let script: Script
        private var paths: [ServerCallID: String] = [:]

        init(_ writer: CallWriter, _ script: Script) {
            self.writer = writer
            self.script = script
        }

        func opened(_ call: ServerCallID, _ request: CallRequest) -> Admission {
            paths[call] = ScriptedService.methods[request.method.rawValue]
            return .accept
        }

        func message(_ call: ServerCallID, _ bytes: Span<UInt8>) {
            guard let path = paths[call] else { return }
            script.paths.withLock { $0.append(path) }
            let answer = script.answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            switch answer?(path, [UInt8](copying: bytes)) {
            case .success(let bytes): writer.reply(call, bytes.span)
            case .failure(let status): writer.finish(call, status)
            case nil: writer.finish(call, RPCStatus(.internal, "nothing more in the script"))
            }
        }

        func halfClosed(_ call: ServerCallID) {}
        func ended(_ call: ServerCallID, _ cause: CallEnd) { paths[call] = nil }
        func writable(_ call: ServerCallID) {}
        func turnEnded() {}
    }
}

extension [UInt8] {
    init(copying span: Span<UInt8>) {
        self = (0..<span.count).map { span[$0] }
    }
}
