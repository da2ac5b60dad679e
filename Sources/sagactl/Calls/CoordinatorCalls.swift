internal import Saga
internal import SagaModel

/// What the verbs ask of a coordinator; a protocol, so that each verb can be tried without one.
protocol CoordinatorCalls: Sendable {
    /// How the coordinator is reached.
    var way: CoordinatorWay { get }

    /// Registers a definition.
    func register(_ definition: SagaDefinition) async throws(Complaint) -> RegisteredDefinition
    /// All versions of all definitions.
    func definitions() async throws(Complaint) -> [DefinitionSummary]
    /// Starts a saga.
    func start(_ start: SagaStart) async throws(Complaint) -> StartedSaga
    /// How a saga stands, with the parts that are asked for.
    func get(
        _ saga: NamedSaga, _ view: SagaView, _ excerpt: SagaExcerpt
    ) async throws(Complaint) -> SagaStatus
    /// How a saga stands when it has ended or parked, or when the time is over; nil waits as long
    /// as it takes.
    func await(_ id: SagaID, for time: Duration?) async throws(Complaint) -> SagaStatus
    /// Sagas in the order of their starts; the namespace of the filter is the options'.
    func list(
        _ filter: SagaFilter, oldestFirst: Bool, limit: Int
    ) async throws(Complaint) -> SagaList
    /// How many sagas there are of each kind.
    func count(_ filter: SagaFilter, by group: SagaGroup) async throws(Complaint) -> SagaCounts
    /// Deletes some sagas from the archive that ended so long ago, or counts all of them.
    func purge(olderThan: Duration, countsOnly: Bool) async throws(Complaint) -> PurgeAnswer
    /// Makes a backup in a directory of the coordinator's host.
    ///
    /// - Parameter observe: told how far it is.
    func backup(
        to directory: String, observe: (BackupProgress) -> Void
    ) async throws(Complaint) -> FinishedBackup
    /// Has a saga do what an operator decided; gives its state and what was left as it was.
    func perform(
        _ decision: Decision, on saga: NamedSaga, reason: String
    ) async throws(Complaint) -> VerbAnswer
    /// Answers an attempt that was deferred.
    func complete(_ token: String, _ answer: DeferredAnswer) async throws(Complaint)
    /// Shows what happens until the task is cancelled.
    ///
    /// - Parameters:
    ///   - observe: told what is heard beside events, and where it is.
    ///   - show: gets each event.
    func watch(
        _ selection: EventSelection, from start: EventStart,
        observe: @escaping @Sendable (SagaEvents.Sign) -> Void,
        show: (SagaEvent) throws(Complaint) -> Void
    ) async throws(Complaint)
    /// Handlers and who serves them.
    func participants() async throws(Complaint) -> ParticipantList
    /// How the coordinator is.
    func status() async throws(Complaint) -> CoordinatorStatus
}

/// How a coordinator is reached.
struct CoordinatorWay: Equatable, Sendable {
    /// As it was asked for.
    var address: String
    /// Whether the connection is TLS.
    var isSecure = false
    /// What of the files of certificates needs to be seen to, one line each.
    var certificateNotes: [String] = []

    /// Whether the coordinator is on this machine.
    var isLocal: Bool {
        ["unix:", "127.", "localhost:", "[::1]:"].contains { address.hasPrefix($0) }
    }
}

/// What became of a definition that was registered.
struct RegisteredDefinition: Equatable, Sendable {
    /// Something that may be wrong and did not keep it from being registered.
    struct Warning: Equatable, Sendable {
        /// The kind, e.g. `HANDLER_NEVER_OFFERED`.
        var reason: String
        /// The step; empty for the definition as a whole.
        var step: String
        /// The field of it, e.g. `handler`.
        var field: String
        /// The same for people.
        var message: String
    }

    var name: String
    var version: UInt32
    var digest: Digest256
    /// Whether equal content was registered before.
    var isExisting: Bool
    var warnings: [Warning]
}

/// What a start asks for.
struct SagaStart: Equatable, Sendable {
    var definition: String
    /// Nil for the version registered last.
    var version: UInt32?
    /// Empty for none.
    var key: String
    var input: Payload
    var labels: [String: String]
}

/// A saga that was started, now or by the same request before.
struct StartedSaga: Equatable, Sendable {
    var id: SagaID
    var isExisting: Bool
    var definition: String
    /// Nil if the answer does not say it, as for a saga that is not kept any more.
    var version: UInt32?
}

/// Some sagas, and whether there are more.
struct SagaList: Equatable, Sendable {
    var rows: [SagaRow]
    var observedAt: Instant
    var hasMore: Bool
}

/// What an operator decides of a saga.
enum Decision: Equatable, Sendable {
    case cancel
    case suspend
    case resume
    /// Of one step, or of all that wait.
    case retry(step: String?)
    case skip(step: String, output: Payload?)
    case markCompensated(step: String)
    case compensate
    case abandon
}

/// The answer to an attempt that was deferred.
enum DeferredAnswer: Equatable, Sendable {
    /// Done, with this output; empty for none.
    case succeeded(Payload)
    /// A business no, without an effect.
    case failed(code: String, message: String)
    /// In doubt, and to be tried again.
    case retry(code: String, message: String)
}

/// Handlers and instances at one moment.
struct ParticipantList: Equatable, Sendable {
    var handlers: [HandlerStatus]
    var instances: [InstanceStatus]
    var observedAt: Instant
}
