internal import SagaRPC
internal import SagaTransport

/// A client's way over sockets, in the machine's own time.
struct NetworkLink: ClientLink {
    private let channel: ClientChannel

    init(_ channel: ClientChannel) { self.channel = channel }

    var now: ContinuousClock.Instant { .now }

    func sleep(for duration: Duration) async { try? await Task.sleep(for: duration) }

    func unary(
        _ method: String, _ request: [UInt8], _ metadata: Metadata, within limit: Duration,
        waitForReady: Bool
    ) async throws(SagaError) -> [UInt8] {
        do throws(RPCFailure) {
            return try await channel.unary(
                method, request, metadata: metadata, deadline: limit, waitForReady: waitForReady)
        } catch {
            throw SagaError(error.end)
        }
    }

    func stream(
        _ method: String, _ request: [UInt8], _ metadata: Metadata
    ) -> any AnswerStream {
        let options = CallOptions(metadata: metadata, waitForReady: false)
        return NetworkAnswers(channel.heldStreaming(method, request, options))
    }

    func shutdown() async { await channel.shutdown(within: Limits.shutdown) }
}

/// The answers of a call over sockets.
private final class NetworkAnswers: AnswerStream {
    private let responses: HeldResponses

    init(_ responses: HeldResponses) { self.responses = responses }

    func next() async throws(SagaError) -> [UInt8]? {
        do throws(RPCFailure) {
            return try await responses.next()
        } catch {
            throw SagaError(error.end)
        }
    }
}
