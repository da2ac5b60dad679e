internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

/// `SagaService.WatchEvents`: what happens, without a gap, to whoever wants to follow it.
struct EventService: Sendable {
    /// The most that one request may take decoded; it names things.
    private static let decodedBytes = 256 << 10

    private let context: ServiceContext
    private let feed: EventFeed

    /// Makes the service.
    init(_ context: ServiceContext, _ feed: EventFeed) {
        self.context = context
        self.feed = feed
    }

    /// WatchEvents.
    var methods: [AsyncMethod] {
        [
            .serverStreaming("/saga.v1.SagaService/WatchEvents") { message, responses, call in
                await call.setOutgoingCap(bytes: context.limits.watcherBytes / 2)
                try await watch(message, responses)
            }
        ]
    }

    private func watch(_ message: [UInt8], _ responses: ResponseWriter) async throws {
        do {
            guard context.isServing else { throw context.recovering }
            let request = try request(message)
            let watch = try feed.watch(
                EventFilter(request), EventWatch.Start(request.start, durable: feed.durable))
            defer { watch.leave() }
            while let message = try await watch.next() { try await responses.send(message) }
            try Task.checkCancellation()
        } catch let refusal as Refusal {
            if refusal.code != .unavailable { context.countRejection(refusal) }
            throw refusal.status
        }
    }

    private func request(_ message: [UInt8]) throws(Refusal) -> WatchMessage {
        var arena = DecodingArena(limit: Self.decodedBytes, chunk: 1 << 10)
        do throws(CodecFailure) {
            return try SagaServiceCodec.decodeWatchEvents(
                message.span, limits: CodecLimits(), arena: &arena)
        } catch {
            throw error.refusal
        }
    }
}

extension EventFilter {
    /// What a request asks for.
    init(_ message: WatchMessage) {
        self.init(namespace: message.namespace)
        definition = message.definition
        version = message.version
        labels = message.labels
        kinds = Set(message.kinds)
        switch message.saga {
        case .id(let id): saga = id
        case .key(let name, let key): (definition, self.key) = (name, key)
        case nil: break
        }
    }
}
