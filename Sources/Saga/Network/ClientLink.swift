package import SagaRPC

/// How a client reaches a coordinator, and whose time its waits are counted in: ``NetworkLink``
/// over sockets, or a world without any.
package protocol ClientLink: Sendable {
    /// The time now; it never goes back.
    var now: ContinuousClock.Instant { get }
    /// Waits so long, or until the task is cancelled.
    func sleep(for duration: Duration) async
    /// Makes a call with one message each way.
    ///
    /// - Parameters:
    ///   - limit: how long connection and answer may take.
    ///   - waitForReady: whether to wait while there is no connection.
    func unary(
        _ method: String, _ request: [UInt8], _ metadata: Metadata, within limit: Duration,
        waitForReady: Bool
    ) async throws(SagaError) -> [UInt8]
    /// Opens a call with one request and any number of answers.
    func stream(
        _ method: String, _ request: [UInt8], _ metadata: Metadata
    ) -> any AnswerStream
    /// Lets open calls end, and takes no further one.
    func shutdown() async
}

/// The answers of a call, to be read by one task at a time; when nobody holds them any more the
/// call is cancelled.
package protocol AnswerStream: AnyObject, Sendable {
    /// The next answer; nil behind the last one. A task that is cancelled cancels the call.
    func next() async throws(SagaError) -> [UInt8]?
}
