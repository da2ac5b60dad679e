package import Logging
internal import NIOCore
internal import NIOPosix
internal import SagaEngine
package import SagaJournal
package import SagaModel
internal import SagaProtobuf
internal import SagaRPC
package import SagaSystem
package import SagaTransport

/// A running coordinator: listener, event loops, and the engine's thread with its journal.
package final class Coordinator: Sendable {
    /// Why a coordinator cannot start.
    package enum StartFailure: Error {
        /// It cannot listen.
        case bind(BindFailure)
        /// It cannot listen for metrics and probes.
        case metrics(BindFailure)
        /// A file of certificates or keys is wrong.
        case certificates(TLSFileFault)
        /// The journal cannot be opened.
        case journal(JournalFailure)
        /// The machine gives no thread.
        case system(SystemFailure)
    }

    /// Where it listens, with the ports that were taken.
    package let addresses: [ListenAddress]
    /// Where metrics and probes are served, with the port that was taken; nil for nowhere.
    package var metricsAddress: ListenAddress? { metrics?.address }
    /// This life.
    package let epoch: Epoch
    private let server: Server
    private let tls: ServerTLS?
    private let group: MultiThreadedEventLoopGroup
    private let engine: EngineLoop
    private let ended: OneTimeResult<JournalFailure?>
    private let services: ServiceContext
    private let metrics: MetricsListener?
    private let supervisor: Supervisor
    private let events: EventFeed
    private let archive: ArchiveParts?
    private let backup: BackupDesk
    private let limits: Limits

    private init(
        server: Server, tls: ServerTLS?, group: MultiThreadedEventLoopGroup, engine: EngineLoop,
        epoch: Epoch, ended: OneTimeResult<JournalFailure?>, services: ServiceContext,
        metrics: MetricsListener?, supervisor: Supervisor, events: EventFeed,
        archive: ArchiveParts?, backup: BackupDesk, limits: Limits
    ) {
        addresses = server.boundAddresses
        self.server = server
        self.tls = tls
        self.group = group
        self.engine = engine
        self.epoch = epoch
        self.ended = ended
        self.services = services
        self.metrics = metrics
        self.supervisor = supervisor
        self.events = events
        self.archive = archive
        self.backup = backup
        self.limits = limits
    }

    /// Everything that is served: the engine's methods straight on the event loops, and what every
    /// gRPC server tells of itself.
    private static func served(
        _ services: ServiceContext, _ events: EventFeed, _ backup: BackupDesk
    ) -> ServiceSet {
        var served = ServiceSet()
        served.add(Method.all) { LoopServices<CallWriter>(services, writer: $0) }
        let names = Method.services + [HealthService.service] + ReflectionService.services
        let reflection = ReflectionService {
            ReflectionIndex(sets: [EmbeddedDescriptors.copy()], services: names)
        }
        let methods =
            EventService(services, events).methods + BackupService(services, backup).methods
            + HealthService(services.health).methods + reflection.methods
        served.add(methods) { path, error in
            services.logger.error(
                "a call failed in a way that is not declared",
                metadata: ["method": "\(path)", "error": "\(error)"])
        }
        return served
    }

    /// Listens, replays the journal, begins a life, and serves.
    ///
    /// While the journal is replayed every call is answered UNAVAILABLE with the reason
    /// `RECOVERING`.
    ///
    /// - Parameters:
    ///   - configuration: what to run with.
    ///   - logger: told the facts of this life.
    ///   - journalFailed: called on the engine's thread when the journal cannot be written any
    ///     more: nothing that was not durable has been acknowledged, and the process is to end.
    package static func start(
        _ configuration: CoordinatorConfiguration, logger: Logger,
        journalFailed: @escaping @Sendable (JournalFailure) -> Void
    ) async throws(StartFailure) -> Coordinator {
        let tls = try secure(configuration, logger)
        let limits = configuration.limits
        let clock = CoordinatorClock()
        let archiveMark = configuration.archive.map { _ in DurableMark() }
        let mark = DurableMark(with: archiveMark)
        let events = EventFeed(mark, limits: limits, logger: logger)
        let engine = EngineLoop(clock: clock, limits: limits, mark: mark)
        let archive = ArchiveParts(configuration, archiveMark, engine.inbox, clock, logger)
        let services = ServiceContext(
            inbox: engine.inbox, now: { clock.now() }, entropy: { SystemRandom.word() },
            limits: limits, version: configuration.version, logger: logger,
            archive: archive?.desk)
        let freeing = FreeingHold()
        let backup = BackupDesk(configuration, mark, freeing, now: { clock.now() }, logger: logger)
        let served = Self.served(services, events, backup)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        let server: Server
        do {
            try ListenerFiles.check(configuration.listen)
            server = try await Server.start(
                configuration.listen, on: group,
                RPCSettings(
                    http2: limits.http2, maxMessageBytes: limits.messageBytes, programName: "sagad",
                    programVersion: configuration.version,
                    explain: {
                        Refusal(ofConnection: $0, isMethodUnknown: $1)?.status.details ?? []
                    }),
                limits: limits.server, logger: logger, methods: served.methods, tls: tls,
                makeHandler: served.makeHandler)
        } catch {
            try? await group.shutdownGracefully()
            guard let failure = error as? BindFailure else {
                preconditionFailure("listening failed in a way that is not declared: \(error)")
            }
            throw .bind(failure)
        }
        var metrics: MetricsListener?
        let supervisor = Supervisor(engine.vitals, services, configuration.report, logger)
        do throws(StartFailure) {
            services.listen(at: server.listening)
            metrics = try await listenForMetrics(
                configuration,
                MetricsSource(
                    services: services, server: server, looks: engine.looks,
                    methods: served.methods.paths, startedAt: clock.now()),
                engine.vitals)
            do throws(SystemFailure) { try supervisor.begin() } catch { throw .system(error) }
            try ListenerFiles.open(server.boundAddresses, of: configuration)
            let (epoch, ended) = try await run(
                engine, configuration, clock, freeing, services, events, archive, backup, server,
                logger, journalFailed)
            return Coordinator(
                server: server, tls: tls, group: group, engine: engine, epoch: epoch, ended: ended,
                services: services, metrics: metrics, supervisor: supervisor, events: events,
                archive: archive, backup: backup, limits: limits)
        } catch {
            supervisor.stop()
            events.stop()
            backup.stop()
            archive?.stop()
            await server.close()
            await metrics?.stop()
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private static func listenForMetrics(
        _ configuration: CoordinatorConfiguration, _ source: MetricsSource, _ vitals: EngineVitals
    ) async throws(StartFailure) -> MetricsListener? {
        guard let address = configuration.metrics else { return nil }
        let services = source.services
        let pages = MetricsListener.Pages(
            readiness: {
                Readiness(
                    isStopping: services.isStopping, isServing: services.isServing,
                    progress: services.recovery.progress, stalled: services.slowDiskTime,
                    space: vitals.spaceLevel)
            }, metrics: { source.page(on: $0) })
        do throws(BindFailure) {
            try ListenerFiles.check([address])
            return try await MetricsListener.start(address, pages, limits: configuration.limits)
        } catch {
            throw .metrics(error)
        }
    }

    private static func secure(
        _ configuration: CoordinatorConfiguration, _ logger: Logger
    ) throws(StartFailure) -> ServerTLS? {
        guard var files = configuration.tls else { return nil }
        files.handshakeTimeout = configuration.limits.handshake
        do throws(TLSFileFault) {
            let tls = try ServerTLS(files, .system)
            for warning in tls.warnings { tell(warning, logger) }
            return tls
        } catch {
            throw .certificates(error)
        }
    }

    private static func tell(_ warning: TLSFileWarning, _ logger: Logger) {
        logger.warning("certificate needs attention", metadata: ["reason": "\(warning)"])
    }

    /// Reads the files of certificates again, for connections that come from now on; a call that
    /// is going on does not notice. When a file is wrong, everything stays as it was. Either is
    /// logged.
    package func reloadCertificates(_ logger: Logger) {
        guard let tls else {
            logger.notice("no certificates to reload")
            return
        }
        do throws(TLSFileFault) {
            for warning in try tls.reload() { Self.tell(warning, logger) }
            logger.notice("certificates reloaded")
        } catch {
            logger.error(
                "certificates not reloaded, the old ones stay", metadata: ["reason": "\(error)"])
        }
    }

    /// Starts the engine's thread and waits until its life has begun.
    private static func run(
        _ engine: EngineLoop, _ configuration: CoordinatorConfiguration, _ clock: CoordinatorClock,
        _ freeing: FreeingHold, _ services: ServiceContext, _ events: EventFeed,
        _ archive: ArchiveParts?, _ backup: BackupDesk, _ server: Server, _ logger: Logger,
        _ journalFailed: @escaping @Sendable (JournalFailure) -> Void
    ) async throws(StartFailure) -> (Epoch, OneTimeResult<JournalFailure?>) {
        let outbox = Outbox(
            loopCount: server.loops.count,
            deliver: { loop, delivery in
                server.loops[loop].execute { _, service in
                    service.part(LoopServices<CallWriter>.self)?.receive(delivery)
                }
            },
            tell: { fact in fact.tell(logger) })
        let ended = OneTimeResult<JournalFailure?>()
        let begun = OneTimeResult<Result<Epoch, StartFailure>>()
        do {
            try events.begin()
            try archive?.begin { call, answer in
                server.loops[call.loop].execute { _, service in
                    service.part(LoopServices<CallWriter>.self)?.receive(
                        Outbox.Delivery(archived: [(call, answer)]))
                }
            }
            _ = try SystemThread(name: "saga-engine") {
                do throws(JournalFailure) {
                    let recovered = try RecoveredCoordinator.open(
                        configuration, clock: clock, freeing: freeing, meter: services.recovery,
                        logger: logger)
                    recovered.tell(logger)
                    let storage = try FileStorage(directory: configuration.dataDirectory)
                    engine.recovered(upTo: recovered.journal.durablePosition)
                    events.read(storage, lineage: recovered.journal.lineage)
                    archive?.feed.read(
                        storage, lineage: recovered.journal.lineage, gap: recovered.newestGap)
                    backup.read(
                        BackupDesk.Source(
                            storage: storage, lineage: recovered.journal.lineage,
                            epoch: recovered.life.epoch))
                    let life = BegunLife(life: recovered.life, recovery: recovered.recovery)
                    let holds = JournalHolds(archive: archive?.feed.freeable)
                    try engine.run(recovered, outbox: outbox, holds: holds, pace: services.pace) {
                        services.serve(life)
                        begun.set(.success(life.life.epoch))
                    }
                    ended.set(nil)
                } catch {
                    begun.set(.failure(.journal(error)))
                    if services.isServing { journalFailed(error) }
                    ended.set(error)
                }
            }
        } catch {
            throw .system(error)
        }
        return (try await begun.get().get(), ended)
    }

    /// Stops: nothing more is handed out, all that was decided is durable, participants are told to
    /// go elsewhere, and connections end. Handlers are not waited for.
    package func stop() async {
        services.stop()
        engine.inbox.stop()
        _ = await ended.get()
        supervisor.stop()
        services.health.end()
        events.stop()
        backup.stop()
        archive?.stop()
        for loop in server.loops {
            loop.execute { _, service in service.part(LoopServices<CallWriter>.self)?.drain() }
        }
        await server.drain(limit: limits.stopWithin)
        await metrics?.stop()
        try? await group.shutdownGracefully()
    }
}
