internal import SagaRPC
internal import SagaTransport

/// What a life of the coordinator writes to.
final class SimulatedOutput: CallOutput {
    private unowned let world: World
    private let life: Int

    init(_ world: World, life: Int) {
        self.world = world
        self.life = life
    }

    var loopIndex: Int { 0 }

    var now: RPCInstant { world.now.rpc }

    func reply(_ call: ServerCallID, _ message: Span<UInt8>) {
        send(call, message)
        finish(call, .ok)
    }

    @discardableResult
    func send(_ call: ServerCallID, _ message: Span<UInt8>) -> Int {
        let copy = [UInt8](capacity: message.count) { output in
            for index in message.indices { output.append(message[index]) }
        }
        world.fromCoordinator(CallNumber(call), life: life, .message(copy))
        return 0
    }

    func finish(_ call: ServerCallID, _ status: RPCStatus, _ metadata: Metadata) {
        world.fromCoordinator(CallNumber(call), life: life, .ended(status))
    }

    func setReading(_ on: Bool) { world.setReading(on, life: life) }

    func collectCounters(_ tell: @escaping (ServerCounters) -> Void) { tell(ServerCounters()) }
}
