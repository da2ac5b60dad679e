internal import SagaCoordinator
internal import SagaHTTP2
internal import SagaRPC
internal import SagaSystem
internal import SagaTransport

/// Answers calls on one event loop: a unary one with its message, a stream up with the number of
/// its bytes, and sends as many bytes down as it is asked for.
enum EchoServer {
    /// Its methods, in the order of its table.
    enum Method: Int, CaseIterable {
        case unary, upload, download

        var path: String {
            switch self {
            case .unary: "/sagabench.Echo/Unary"
            case .upload: "/sagabench.Echo/Upload"
            case .download: "/sagabench.Echo/Download"
            }
        }

        var kind: MethodKind {
            switch self {
            case .unary: .unary
            case .upload: .clientStreaming
            case .download: .serverStreaming
            }
        }
    }

    /// Serves until the process is ended.
    static func run(addressFile: String, _ certificate: EchoCertificate?) async throws {
        var limits = ServerLimits()
        // All come from this machine.
        limits.connectionsPerAddress = limits.connections
        let tls = try certificate.map {
            try ServerTLS(
                ServerTLS.Configuration(certificateFile: $0.certificateFile, keyFile: $0.keyFile),
                .system)
        }
        let settings = RPCSettings(programName: "sagabench", programVersion: "1")
        let server = try await Server.start(
            [ListenAddress(host: "127.0.0.1", port: 0)], on: EventLoops.make(1), settings,
            limits: limits,
            methods: MethodTable(Method.allCases.map(\.path), kinds: Method.allCases.map(\.kind)),
            tls: tls
        ) { EchoHandler($0, capBytes: settings.http2.outgoingCapBytes) }
        try WholeFile.write(Array("\(server.boundAddresses[0])".utf8), to: addressFile)
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}

/// Serves the methods straight on the event loop.
private final class EchoHandler: ServiceHandler {
    private enum Work {
        case unary
        case upload(bytes: Int)
        case download(StreamOrder?)
    }

    private let writer: CallWriter
    /// Bytes waiting on a call from which on it gets no more.
    private let capBytes: Int
    /// By the calls' places.
    private var works: [Work] = []

    /// What messages of streams are cut from.
    private var zeros: [UInt8] = []

    init(_ writer: CallWriter, capBytes: Int) {
        self.writer = writer
        self.capBytes = capBytes
    }

    func opened(_ call: ServerCallID, _ request: CallRequest) -> Admission {
        while works.count <= call.place { works.append(.unary) }
        switch EchoServer.Method(rawValue: request.method.rawValue) {
        case .unary: works[call.place] = .unary
        case .upload: works[call.place] = .upload(bytes: 0)
        case .download: works[call.place] = .download(nil)
        case nil: preconditionFailure("method \(request.method)")
        }
        return .accept
    }

    func message(_ call: ServerCallID, _ bytes: Span<UInt8>) {
        switch works[call.place] {
        case .unary: writer.reply(call, bytes)
        case .upload(let count): works[call.place] = .upload(bytes: count + bytes.count)
        case .download:
            guard let order = StreamOrder(bytes) else {
                writer.finish(call, RPCStatus(.invalidArgument, "not an order"))
                return
            }
            works[call.place] = .download(order)
            send(call)
        }
    }

    func halfClosed(_ call: ServerCallID) {
        if case .upload(let count) = works[call.place] {
            writer.reply(call, StreamOrder(bytes: count, messageBytes: 1).message.span)
        }
    }

    func ended(_ call: ServerCallID, _ cause: CallEnd) {}
    func writable(_ call: ServerCallID) { send(call) }
    func turnEnded() {}

    /// Sends what was ordered, as far as there is room.
    private func send(_ call: ServerCallID) {
        guard case .download(var order?) = works[call.place] else { return }
        if zeros.count < order.messageBytes {
            zeros = [UInt8](repeating: 0, count: order.messageBytes)
        }
        let zeros = zeros
        while order.bytes > 0 {
            let count = order.takeMessage()
            if writer.send(call, zeros.span.extracting(first: count)) > capBytes { break }
        }
        works[call.place] = .download(order)
        if order.bytes == 0 { writer.finish(call, .ok) }
    }
}
