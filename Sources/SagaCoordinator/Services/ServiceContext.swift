internal import Logging
internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf
internal import SagaTransport
internal import Synchronization

/// What the services of all event loops share.
final class ServiceContext: Sendable {
    let inbox: Inbox
    /// The engine's time.
    let now: @Sendable () -> Instant
    /// Gives 64 random bits at each call.
    let entropy: @Sendable () -> UInt64
    let limits: Limits
    let version: String
    let logger: Logger
    /// Ended sagas; nil without an archive.
    let archive: ArchiveDesk?
    /// Whether the disk is fast enough for new sagas.
    let pace: DiskPace
    /// How far the journal is replayed.
    let recovery = RecoveryMeter()
    let health = HealthStatuses(
        services: Method.services + [HealthService.service] + ReflectionService.services)
    /// This life, once its record is durable; until then every call is told to come again.
    private let begun = Mutex<BegunLife?>(nil)
    /// Where the server listens, once it does.
    private let listeners = Mutex<[ServerListener]>([])
    private let isServingFlag = Atomic(false)
    private let rejections = Mutex<[String: UInt64]>([:])
    private let isStoppingFlag = Atomic(false)
    /// For how long the disk has been at one sync, in microseconds; 0 while it is not slow.
    private let slowDisk = Atomic<Int64>(0)

    init(
        inbox: Inbox, now: @escaping @Sendable () -> Instant,
        entropy: @escaping @Sendable () -> UInt64, limits: Limits, version: String, logger: Logger,
        archive: ArchiveDesk? = nil
    ) {
        self.inbox = inbox
        self.now = now
        self.entropy = entropy
        self.limits = limits
        self.version = version
        self.logger = logger
        self.archive = archive
        pace = DiskPace(limits, logger)
    }

    /// Requests refused in this life, and sessions that broke the contract.
    var rejectedRequests: UInt64 {
        rejections.withLock { $0.values.reduce(0, +) }
    }

    /// The same by the reason.
    var rejectionsByReason: [String: UInt64] { rejections.withLock { $0 } }

    /// Counts one more of them. Reasons are constants of this program, so there are not many.
    func countRejection(_ refusal: Refusal) {
        rejections.withLock { $0[refusal.reason, default: 0] += 1 }
    }

    /// Whether the coordinator is about to end.
    var isStopping: Bool { isStoppingFlag.load(ordering: .relaxed) }

    /// For how long the disk has been at one sync, once that is long: then nothing new is let in.
    var slowDiskTime: Duration? {
        let time = slowDisk.load(ordering: .relaxed)
        return time > 0 ? .microseconds(time) : nil
    }

    /// The disk has been at one sync for so long; nil if that is not long.
    func setSlowDisk(_ time: Duration?) {
        slowDisk.store(time?.microseconds ?? 0, ordering: .relaxed)
    }

    /// It is about to end.
    func stop() {
        isStoppingFlag.store(true, ordering: .relaxed)
        health.setAll(.notServing)
    }

    /// Whether calls are served.
    var isServing: Bool { isServingFlag.load(ordering: .acquiring) }

    /// What every call is told until then.
    var recovering: Refusal {
        guard let progress = recovery.progress else { return .recovering }
        return Refusal(
            .unavailable, reason: Refusal.recovering.reason, "recovering: \(progress.text)")
    }

    /// Why a call is not let in; nil if it is.
    ///
    /// While a sync hangs only sessions are: what participants bring is the work that is going on.
    func refusal(of method: Method) -> Refusal? {
        if !isServing { return recovering }
        guard method != .attach, let time = slowDiskTime else { return nil }
        return Refusal(
            .unavailable, reason: "DISK_SLOW",
            "the disk has not answered for \(time.components.seconds) s; nothing is recorded "
                + "meanwhile; try again")
    }

    /// The life that serves; nil while the journal is replayed.
    var servingLife: BegunLife? { begun.withLock { $0 } }

    /// Where the server listens.
    var listening: [ServerListener] { listeners.withLock { $0 } }

    /// The server listens.
    func listen(at places: [ServerListener]) { listeners.withLock { $0 = places } }

    /// Serves from now on.
    func serve(_ life: BegunLife) {
        begun.withLock { $0 = life }
        isServingFlag.store(true, ordering: .releasing)
        health.setAll(.serving)
    }
}

/// A life of the coordinator, and what its start found.
struct BegunLife: Sendable {
    let life: Life
    let recovery: RecoveryStatus
}
