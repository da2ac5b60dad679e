import SagaRPC
import Synchronization

@testable import SagaTransport

/// What a handler was told, for a test that waits for it.
final class EventLog: Sendable {
    private let calls = AsyncStream.makeStream(of: ServerCallID.self)
    private let drained = AsyncStream.makeStream(of: ServerCallID.self)
    private let ends = AsyncStream.makeStream(of: CallEnd.self)

    private let requests = Mutex<[CallRequest]>([])

    /// Who made the calls, and from where.
    var identities: [PeerIdentity?] { requests.withLock { $0.map(\.identity) } }
    var peers: [String] { requests.withLock { $0.map(\.peer) } }

    func came(_ request: CallRequest) { requests.withLock { $0.append(request) } }
    func opened(_ call: ServerCallID) { calls.continuation.yield(call) }
    func draining(_ call: ServerCallID) { drained.continuation.yield(call) }
    func ended(_ cause: CallEnd) { ends.continuation.yield(cause) }

    struct Nothing: Error {}

    /// The first call that the handler does not answer by itself.
    func firstCall() async throws -> ServerCallID {
        for await call in calls.stream { return call }
        throw Nothing()
    }

    /// The first call whose connection is to be left.
    func firstDrained() async throws -> ServerCallID {
        for await call in drained.stream { return call }
        throw Nothing()
    }

    /// How the first call ended that was not finished.
    func firstEnd() async -> CallEnd? {
        for await end in ends.stream { return end }
        return nil
    }
}

final class EchoHandler: ServiceHandler {
    static let methods = [
        "/test/Echo", "/test/Stream", "/test/Fail", "/test/Refuse", "/test/Never",
    ]
    private let writer: CallWriter
    private let log: EventLog
    private var kinds: [ServerCallID: Int] = [:]

    init(_ writer: CallWriter, _ log: EventLog) {
        self.writer = writer
        self.log = log
    }

    func opened(_ call: ServerCallID, _ request: CallRequest) -> Admission {
        kinds[call] = request.method.rawValue
        log.came(request)
        switch request.method.rawValue {
        case 2:
            var metadata = Metadata()
            // The name and the bytes are valid.
            try? metadata.add("x-end-bin", bytes: [9])
            writer.finish(
                call, RPCStatus(.notFound, "nothing ☺ here", details: [1, 2]), metadata)
        case 3: return .refuse(RPCStatus(.permissionDenied, "not you"))
        case 4: log.opened(call)
        default: break
        }
        return .accept
    }

    func message(_ call: ServerCallID, _ bytes: Span<UInt8>) {
        switch kinds[call] {
        case 0: writer.reply(call, bytes)
        case 1: writer.send(call, bytes)
        default: break
        }
    }

    func halfClosed(_ call: ServerCallID) {
        if kinds[call] == 1 { writer.finish(call, .ok) }
    }

    func ended(_ call: ServerCallID, _ cause: CallEnd) {
        kinds[call] = nil
        log.ended(cause)
    }

    func draining(_ call: ServerCallID) { log.draining(call) }
    func writable(_ call: ServerCallID) {}
    func turnEnded() {}
}
