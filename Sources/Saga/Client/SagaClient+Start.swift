public import SagaModel
internal import SagaProtobuf

/// What a start says beside its input.
struct StartWish {
    var definition: String
    var version: UInt32?
    var key: String?
    var labels: [String: String]
    var traceContext: [String: String]
    var startAt: Instant?
}

extension SagaClient {
    /// Starts a saga whose values travel as JSON.
    ///
    /// The same key and the same request name the same saga, for as long as it lives and the key
    /// is kept, so a start may be repeated. Another request under the key is an error that names
    /// the saga.
    ///
    /// - Parameters:
    ///   - name: the definition, with the types that its sagas take and give.
    ///   - version: its version; the one registered last if nil.
    ///   - input: what the saga gets.
    ///   - key: what it is in the business, e.g. an order's number; nil: a random one, to repeat
    ///     only this call.
    ///   - labels: words to find it by: at most 32.
    ///   - traceContext: passed on to every handler, such as `traceparent`.
    ///   - startAt: when its first step is due; until then it is pending, also over a restart of
    ///     the coordinator. At once if nil or past.
    public func start<
        Input: Encodable & SendableMetatype, Output: Decodable & SendableMetatype
    >(
        _ name: SagaName<Input, Output>, version: UInt32? = nil, input: Input, key: String? = nil,
        labels: [String: String] = [:], traceContext: [String: String] = [:],
        startAt: Instant? = nil
    ) async throws(SagaError) -> SagaHandle<Output> {
        let wish = StartWish(
            definition: name.name, version: version, key: key, labels: labels,
            traceContext: traceContext, startAt: startAt)
        return try await start(wish, encoded(input), .readOnlyJSON)
    }

    /// Starts a saga whose input travels as JSON and that gives nothing.
    public func start<Input: Encodable & SendableMetatype>(
        _ name: SagaName<Input, Void>, version: UInt32? = nil, input: Input, key: String? = nil,
        labels: [String: String] = [:], traceContext: [String: String] = [:],
        startAt: Instant? = nil
    ) async throws(SagaError) -> SagaHandle<Void> {
        let wish = StartWish(
            definition: name.name, version: version, key: key, labels: labels,
            traceContext: traceContext, startAt: startAt)
        return try await start(wish, encoded(input), .nothing)
    }

    /// Starts a saga over bytes as they are.
    public func start(
        _ name: String, version: UInt32? = nil, input: Payload, key: String? = nil,
        labels: [String: String] = [:], traceContext: [String: String] = [:],
        startAt: Instant? = nil
    ) async throws(SagaError) -> SagaHandle<Payload> {
        let wish = StartWish(
            definition: name, version: version, key: key, labels: labels,
            traceContext: traceContext, startAt: startAt)
        return try await start(wish, input, .bytes)
    }

    /// Starts a saga and waits until it has ended or is parked; see
    /// ``start(_:version:input:key:labels:traceContext:startAt:)``.
    ///
    /// - Parameter timeout: how long at most; as long as it takes if nil. The saga goes on
    ///   afterwards, and the same call again waits for the same saga, if it has a key.
    public func execute<
        Input: Encodable & SendableMetatype, Output: Decodable & SendableMetatype
    >(
        _ name: SagaName<Input, Output>, version: UInt32? = nil, input: Input, key: String? = nil,
        labels: [String: String] = [:], traceContext: [String: String] = [:],
        timeout: Duration? = nil
    ) async throws(SagaError) -> SagaResult<Output> {
        let wish = StartWish(
            definition: name.name, version: version, key: key, labels: labels,
            traceContext: traceContext)
        return try await execute(wish, encoded(input), .readOnlyJSON, timeout: timeout)
    }

    /// Starts a saga that gives nothing, and waits until it has ended or is parked.
    public func execute<Input: Encodable & SendableMetatype>(
        _ name: SagaName<Input, Void>, version: UInt32? = nil, input: Input, key: String? = nil,
        labels: [String: String] = [:], traceContext: [String: String] = [:],
        timeout: Duration? = nil
    ) async throws(SagaError) -> SagaResult<Void> {
        let wish = StartWish(
            definition: name.name, version: version, key: key, labels: labels,
            traceContext: traceContext)
        return try await execute(wish, encoded(input), .nothing, timeout: timeout)
    }

    /// Starts a saga over bytes as they are, and waits until it has ended or is parked.
    public func execute(
        _ name: String, version: UInt32? = nil, input: Payload, key: String? = nil,
        labels: [String: String] = [:], traceContext: [String: String] = [:],
        timeout: Duration? = nil
    ) async throws(SagaError) -> SagaResult<Payload> {
        let wish = StartWish(
            definition: name, version: version, key: key, labels: labels,
            traceContext: traceContext)
        return try await execute(wish, input, .bytes, timeout: timeout)
    }

    // MARK: What all of them do

    private func start<Output>(
        _ wish: StartWish, _ input: Payload, _ coding: ValueCoding<Output>
    ) async throws(SagaError) -> SagaHandle<Output> {
        let answer = try await startSaga(message(wish, input), timeout: timeout)
        return SagaHandle(
            id: answer.id, existing: answer.existing, version: answer.definition?.version,
            client: self, coding: coding)
    }

    private func execute<Output>(
        _ wish: StartWish, _ input: Payload, _ coding: ValueCoding<Output>, timeout: Duration?
    ) async throws(SagaError) -> SagaResult<Output> {
        let begun = now
        var start = message(wish, input)
        let round = min(Limits.awaitRound, timeout ?? Limits.awaitRound)
        start.wait = AwaitWish(timeout: round, view: SagaView(output: true, steps: false))
        let answer = try await startSaga(start, timeout: self.timeout + round)
        if answer.isReached, let saga = answer.saga { return try await result(of: saga, coding) }
        let status = try await awaitEnd(of: answer.id, since: begun, timeout: timeout)
        return try await result(of: status, coding)
    }

    private func message(_ wish: StartWish, _ input: Payload) -> StartMessage {
        StartMessage(
            namespace: namespace, definition: wish.definition, version: wish.version,
            key: wish.key ?? Self.randomKey(), keyIsRandom: wish.key == nil, input: input,
            labels: Self.sorted(wish.labels), traceContext: Self.sorted(wish.traceContext),
            startAt: wish.startAt)
    }

    private static func sorted(_ labels: [String: String]) -> [Label] {
        labels.sorted { $0.key < $1.key }.map { Label(name: $0.key, value: $0.value) }
    }

    /// 128 random bits: no two starts of a namespace get the same one.
    private static func randomKey() -> String {
        let halves = (0..<2).map { _ in UInt64.random(in: .min ... .max) }
        return halves.map { String($0, radix: 36) }.joined(separator: "-")
    }

    private func encoded(_ input: some Encodable) throws(SagaError) -> Payload {
        do {
            return try ValueJSON.encode(input)
        } catch {
            throw SagaError(
                .invalidArgument, reason: "INPUT_NOT_ENCODABLE",
                "the input cannot be encoded: \(error)", cause: error)
        }
    }
}
