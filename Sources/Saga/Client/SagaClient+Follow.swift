public import SagaModel
internal import SagaProtobuf

extension SagaClient {
    /// All that the coordinator knows of a saga, but for its payloads.
    public func status(of id: SagaID) async throws(SagaError) -> SagaStatus {
        try await getSaga(SagaMessage(namespace: namespace, saga: .id(id)))
    }

    /// A saga with one part alone of those that may be large: for what another answer has named in
    /// ``SagaStatus/omitted``.
    ///
    /// - Parameter step: the step, for a part of one.
    public func status(
        of id: SagaID, only part: SagaPart, step: String? = nil
    ) async throws(SagaError) -> SagaStatus {
        try await getSaga(
            SagaMessage(
                namespace: namespace, saga: .id(id),
                excerpt: SagaExcerpt(steps: step.map { [$0] } ?? [], part: part)))
    }

    /// A saga that somebody has started, with what it gives.
    public func saga<Input, Output: Decodable & SendableMetatype>(
        _ id: SagaID, of name: SagaName<Input, Output>
    ) -> SagaHandle<Output> {
        SagaHandle(id: id, existing: true, version: nil, client: self, coding: .readOnlyJSON)
    }

    /// Asks that what a saga did be undone.
    ///
    /// One that goes back already takes it without effect; one that has ended or is parked
    /// refuses it.
    ///
    /// - Parameter reason: why, for people; at most 1 KiB.
    public func cancel(_ id: SagaID, reason: String = "") async throws(SagaError) {
        _ = try await cancelSaga(
            CancelMessage(namespace: namespace, saga: .id(id), reason: reason))
    }

    /// Waits until a saga has ended or is parked: one long poll after the other.
    ///
    /// - Parameters:
    ///   - start: from when the timeout counts.
    ///   - timeout: how long at most; nil for no end.
    func awaitEnd(
        of id: SagaID, since start: ContinuousClock.Instant, timeout: Duration?
    ) async throws(SagaError) -> SagaStatus {
        var backoff = Backoff(
            initial: Limits.reconnectInitial, maximum: Limits.reconnectMaximum)
        var awaySince: ContinuousClock.Instant?
        while true {
            var round = Limits.awaitRound
            if let timeout {
                round = min(round, start + timeout - now)
                guard round > .zero else {
                    throw SagaError(
                        .deadlineExceeded, reason: "NOT_ENDED",
                        "saga \(id) has not ended within \(timeout); it goes on", sagaID: id)
                }
            }
            let asked = now
            let wish = AwaitWish(timeout: round, view: SagaView(output: true, steps: false))
            do throws(SagaError) {
                let answer = try await awaitSaga(
                    AwaitMessage(namespace: namespace, saga: .id(id), wait: wish), round: round)
                if answer.isReached { return answer.saga }
                awaySince = nil
                // A coordinator that waits less than it is asked to must not be asked in a loop.
                guard asked + Limits.shortestRound > now else {
                    backoff.reset()
                    continue
                }
                await pause(backoff.next(draw: .random(in: 0.5..<1)))
            } catch {
                let isAway = error.code == .unavailable || error.code == .deadlineExceeded
                let since = awaySince ?? now
                awaySince = since
                guard isAway, !Task.isCancelled, now < since + self.timeout else { throw error }
                await pause(Self.wait(after: error, &backoff))
            }
        }
    }

    /// What an ended or parked saga comes to; steps are asked for only where they are told.
    func result<Output>(
        of status: SagaStatus, _ coding: ValueCoding<Output>
    ) async throws(SagaError) -> SagaResult<Output> {
        switch status.state {
        case .completed:
            do {
                return .completed(try coding.decode(status.output ?? .empty))
            } catch {
                throw SagaError(
                    .internal, reason: "OUTPUT_NOT_DECODABLE",
                    "the saga completed, and its output does not fit the type: \(error)",
                    sagaID: status.id, cause: error)
            }
        case .compensated:
            return .compensated(CompensatedReport(try await self.status(of: status.id)))
        case .failed, .abandoned: return .failed(FailedReport(try await self.status(of: status.id)))
        case .pending, .running, .compensating:
            throw SagaError(
                .internal, reason: "NOT_ENDED",
                "the coordinator says that the saga has ended, and is \(status.state.label)",
                sagaID: status.id)
        }
    }
}
