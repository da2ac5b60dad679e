internal import SagaRPC
internal import SagaTransport

/// One stream of a participant; it tells its owner which one speaks, so that nothing of a stream
/// that was given up is taken for the next.
final class ParticipantStream: ClientStreamHandler {
    /// Weak, because a participant that has drained does not stay for the end of its last stream.
    private weak let owner: ParticipantLoop?
    private let number: UInt64

    init(_ owner: ParticipantLoop, number: UInt64) {
        self.owner = owner
        self.number = number
    }

    func opened(_ metadata: Metadata) {}

    func message(_ bytes: Span<UInt8>) {
        owner?.received(bytes, onStream: number)
    }

    /// What is written is bounded by slots and by results that are not acknowledged, so nothing
    /// waits.
    func writable() {}

    func closed(_ end: ClientCallEnd) {
        owner?.closed(end, stream: number)
    }
}
