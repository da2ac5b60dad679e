public import SagaModel

/// A saga that was started: to wait for it, look at it, cancel it.
public struct SagaHandle<Output>: Sendable {
    /// The saga.
    public let id: SagaID
    /// Whether the business key named it already, so that this call started nothing.
    public let existing: Bool
    /// The version of the definition that it runs by; nil if nobody asked or knows.
    public let version: UInt32?
    let client: SagaClient
    let coding: ValueCoding<Output>

    /// Waits until the saga has ended or is parked.
    ///
    /// It asks again whenever a round is over, and waits out a coordinator that is started again.
    ///
    /// - Parameter timeout: how long at most; as long as it takes if nil. The saga goes on
    ///   afterwards.
    public func result(timeout: Duration? = nil) async throws(SagaError) -> SagaResult<Output> {
        let status = try await client.awaitEnd(of: id, since: client.now, timeout: timeout)
        return try await client.result(of: status, coding)
    }

    /// Where the saga stands now.
    public func state() async throws(SagaError) -> SagaState {
        try await status().state
    }

    /// All that the coordinator knows of the saga, but for its payloads.
    public func status() async throws(SagaError) -> SagaStatus {
        try await client.status(of: id)
    }

    /// What happened to the saga and what happens, from the oldest event that is kept; it ends with
    /// the saga.
    ///
    /// The coordinator looks for it among all events that are kept; give a cursor where you have
    /// one.
    public func events(
        kinds: Set<EventKind> = [], from start: EventStart = .oldest
    ) -> SagaEvents {
        SagaEvents(
            client, EventSelection(saga: id, kinds: kinds), start, endsWithSaga: true,
            observe: { _ in })
    }

    /// Asks that what the saga did be undone; see ``SagaClient/cancel(_:reason:)``.
    public func cancel(reason: String = "") async throws(SagaError) {
        try await client.cancel(id, reason: reason)
    }
}
