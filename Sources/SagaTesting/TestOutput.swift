internal import SagaRPC
internal import SagaTransport

/// What a life of a test's coordinator writes to.
///
/// Nothing is delivered at once: the services are in the middle of something when they write.
final class TestOutput: CallOutput {
    private unowned let world: TestWorld

    init(_ world: TestWorld) { self.world = world }

    var loopIndex: Int { 0 }

    var now: RPCInstant { world.time.rpc }

    func reply(_ call: ServerCallID, _ message: Span<UInt8>) {
        send(call, message)
        finish(call, .ok)
    }

    @discardableResult
    func send(_ call: ServerCallID, _ message: Span<UInt8>) -> Int {
        let copy = [UInt8](capacity: message.count) { output in
            for index in message.indices { output.append(message[index]) }
        }
        world.post { $0.received(copy, on: call) }
        return 0
    }

    func finish(_ call: ServerCallID, _ status: RPCStatus, _ metadata: Metadata) {
        world.post { $0.finished(call, status) }
    }

    /// What a test says is taken in at once, so the inbox never fills.
    func setReading(_ on: Bool) {}

    func collectCounters(_ tell: @escaping (ServerCounters) -> Void) { tell(ServerCounters()) }
}
