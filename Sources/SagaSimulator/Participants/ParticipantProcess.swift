internal import Saga
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC

/// One process of a participant: the SDK's own session, with handlers that the world runs.
final class ParticipantProcess {
    /// Its number among all processes of the world.
    let number: Int
    /// Which of the world's participants it is a process of.
    let place: Int
    var session: ParticipantSession
    /// The stream that it speaks on, and how many it has opened.
    var stream: CallNumber?
    var streams = 0
    /// The stream on which it was welcomed last.
    var welcomed: CallNumber?
    /// What its handlers do, by the number of the run.
    var runs: [Int: HandlerRun] = [:]
    var runOfPlace: [Int: Int] = [:]
    var lastRun = 0
    /// What it has answered, or is to answer, and was not acknowledged yet.
    var results: [TaskAttempt: AttemptOutcome] = [:]
    var wakesAt: WorldTime?
    /// Whether the process runs.
    var isAlive = true
    /// Whether its session is over, so that it only waits for its handlers.
    var isEnded = false
    private var encoding = EncodingArena()

    init(number: Int, place: Int, _ settings: ParticipantSession.Settings) {
        self.number = number
        self.place = place
        session = ParticipantSession(settings)
    }

    /// What it says to the coordinator.
    func encode(_ message: ParticipantMessage) -> [UInt8] {
        var bytes: [UInt8] = []
        ParticipantCodec.encode(message, into: &bytes, arena: &encoding)
        return bytes
    }
}
