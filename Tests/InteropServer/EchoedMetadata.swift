internal import SagaRPC

/// The metadata that a client of `grpc.testing` wants to have back.
struct EchoedMetadata {
    private static let initial = "x-grpc-test-echo-initial"
    private static let trailing = "x-grpc-test-echo-trailing-bin"

    let head: Metadata
    let trailers: Metadata

    init(_ received: Metadata) {
        var head = Metadata()
        var trailers = Metadata()
        if let text = received.text(Self.initial) {
            // It was received, so it can be sent.
            try? head.add(Self.initial, text)
        }
        if let bytes = received.bytes(Self.trailing) {
            try? trailers.add(Self.trailing, bytes: bytes)
        }
        self.head = head
        self.trailers = trailers
    }
}
