internal import FoundationEssentials
public import Logging
public import NIOCore
internal import NIOPosix
internal import SagaModel
internal import SagaTransport
public import ServiceLifecycle
internal import UnixSignals

/// A service that takes part in sagas: it serves handlers over one outbound stream to the
/// coordinator.
///
/// It reconnects by itself, names what it runs, and keeps each result until the coordinator has
/// it. A graceful shutdown drains: no new tasks, what runs is finished, results are acknowledged.
public struct Participant: Service {
    private let settings: ParticipantSession.Settings
    private let coordinator: String
    private let tls: TLS?
    private let handlers: [Handler]
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger

    /// Makes a participant; nothing is connected, and nothing checked, before it runs.
    ///
    /// - Parameters:
    ///   - name: the participant's name, e.g. `payments`.
    ///   - coordinator: `HOST:PORT` or `unix:PATH`, several joined by commas.
    ///   - tls: how its connection is made secure; nil for not at all.
    ///   - namespace: which definitions and sagas it works for.
    ///   - instance: which of several processes this is; `SAGA_INSTANCE` if nil, and without that a
    ///     random one. With a stable one a restarted process ends its old attempts at once; two
    ///     processes at a time must not share one.
    ///   - version: the version of the service, for people.
    ///   - slots: how many actions run at a time, at most 10,000.
    ///   - undoSlots: how many compensations run beside them; one for each eight slots if nil.
    ///   - drainTimeout: how long a shutdown waits for handlers and acknowledgements.
    ///   - eventLoopGroup: where its connection lives; NIO's singleton group if nil.
    ///   - logger: where it logs, at info or below but for one-time warnings.
    ///   - handlers: what it serves.
    public init(
        _ name: String, coordinator: String, tls: TLS? = nil, namespace: String = "default",
        instance: String? = nil, version: String = "", slots: Int = 100, undoSlots: Int? = nil,
        drainTimeout: Duration = .seconds(30),
        eventLoopGroup: (any EventLoopGroup)? = nil,
        logger: Logger = Logger(label: "saga.participant"), handlers: [Handler]
    ) {
        settings = ParticipantSession.Settings(
            participant: ParticipantName(
                namespace: namespace, name: name, instance: instance ?? Self.defaultInstance()),
            sdkVersion: SDKVersion.text, serviceVersion: version,
            handlers: handlers.map {
                HandlerOffer(name: $0.name, hasCompensation: $0.hasCompensation)
            }, slots: slots, undoSlots: undoSlots ?? Limits.undoSlots(beside: slots),
            drain: drainTimeout)
        self.coordinator = coordinator
        self.tls = tls
        self.handlers = handlers
        self.eventLoopGroup = eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
        self.logger = logger
    }

    /// Which of several processes of the participant this is.
    public var instance: String { settings.participant.instance }

    /// Serves until a graceful shutdown, which drains, or until its task is cancelled.
    ///
    /// - Throws: `SagaError` when the participant cannot be served as it is: a wrong name or
    ///   address, two handlers of one name, a coordinator that does not want it, another process
    ///   with the same instance. `CancellationError` when its task is cancelled; handlers are
    ///   then cancelled too.
    public func run() async throws {
        try check()
        for concern in try tls?.check() ?? [] {
            logger.warning("certificate needs attention", metadata: ["reason": "\(concern)"])
        }
        let eventLoop = eventLoopGroup.any()
        let channel = try Connection.channel(to: coordinator, tls: tls, on: eventLoop)
        var logger = logger
        logger[metadataKey: "participant"] = "\(settings.participant)"
        let log = logger
        let loop = ParticipantLoop(
            settings, handlers: handlers, channel: channel, eventLoop: eventLoop, logger: logger,
            seed: .random(in: .min ... .max))
        let end = await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await loop.run()
            } onGracefulShutdown: {
                loop.drain()
            }
        } onCancel: {
            loop.stop()
        }
        await channel.shutdown(within: Limits.shutdown)
        switch end {
        case .drained: return
        case .drainTimedOut(let running, let unacknowledged):
            SessionLog(log).leftUnfinished(running: running, unacknowledged: unacknowledged)
        case .stopped:
            await loop.idle()
            throw CancellationError()
        case .refused(let refusal):
            throw SagaError(refusal.code, reason: refusal.reason, refusal.message)
        }
    }

    /// Serves until SIGTERM or SIGINT, which drain: the short form for a program with one service.
    public func runService() async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: self, successTerminationBehavior: .gracefullyShutdownGroup)
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private static func defaultInstance() -> String {
        if let given = ProcessInfo.processInfo.environment["SAGA_INSTANCE"], !given.isEmpty {
            return given
        }
        return "r" + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    private func check() throws(SagaError) {
        let participant = settings.participant
        for (what, name) in [
            ("name", participant.name), ("instance", participant.instance),
            ("namespace", participant.namespace), ("version", settings.serviceVersion),
        ] where name.utf8.count > Limits.nameBytes || name.utf8.contains(0) {
            throw Self.wrong(
                "the participant's \(what) has a NUL or over \(Limits.nameBytes) bytes")
        }
        guard !participant.name.isEmpty, !participant.instance.isEmpty else {
            throw Self.wrong("a participant has a name and an instance")
        }
        for (what, slots) in [("slots", settings.slots), ("undoSlots", settings.undoSlots)]
        where !(1...Limits.slotsMaximum).contains(slots) {
            throw Self.wrong(
                "\(what) is \(slots); a participant has at least 1 and at most "
                    + "\(Limits.slotsMaximum), and more instances take more")
        }
        try Self.check(handlers)
    }

    /// Throws if two handlers have one name, or one has none that a definition could say.
    package static func check(_ handlers: [Handler]) throws(SagaError) {
        var names: Set<String> = []
        for handler in handlers {
            guard DefinitionNames.isHandler(handler.name) else {
                throw Self.wrong(
                    "\(ShownText.quoted(handler.name)) is not a handler's name; write two to four "
                        + "names joined by dots, e.g. payments.charge")
            }
            guard names.insert(handler.name).inserted else {
                throw Self.wrong("handler \(handler.name) is there twice")
            }
        }
    }

    private static func wrong(_ message: String) -> SagaError {
        SagaError(.invalidArgument, reason: "PARTICIPANT", message)
    }
}
