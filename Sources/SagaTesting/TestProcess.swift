internal import Saga
internal import SagaModel
internal import SagaProtobuf
internal import SagaTransport

/// One process of a participant: the SDK's own session, whose handlers run in the test.
final class TestProcess {
    let name: ParticipantName
    let handlers: [String: Handler]
    var session: ParticipantSession
    /// The stream that it speaks on, and how many it has opened.
    var stream: ServerCallID?
    var streams = 0
    var runs: [Int: RunID] = [:]
    /// When it is planned to be woken.
    var wakesAt: Int64?
    var isAlive = true
    private var encoding = EncodingArena()

    init(_ name: ParticipantName, _ handlers: [String: Handler]) {
        self.name = name
        self.handlers = handlers
        session = ParticipantSession(
            ParticipantSession.Settings(
                participant: name, sdkVersion: "", serviceVersion: "",
                handlers: handlers.values.sorted { $0.name < $1.name }.map {
                    HandlerOffer(name: $0.name, hasCompensation: $0.hasCompensation)
                }, slots: TestLimits.slots, undoSlots: TestLimits.undoSlots, drain: .seconds(1)))
    }

    /// What it says to the coordinator.
    func encode(_ message: ParticipantMessage) -> [UInt8] {
        var bytes: [UInt8] = []
        ParticipantCodec.encode(message, into: &bytes, arena: &encoding)
        return bytes
    }
}
