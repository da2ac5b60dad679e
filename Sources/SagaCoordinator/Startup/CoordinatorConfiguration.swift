internal import Logging
internal import SagaSystem
package import SagaTransport

/// What a coordinator is run with; a plain value, however it was put together.
package struct CoordinatorConfiguration: Sendable {
    /// The directory of the journal; it must be there.
    package var dataDirectory: String
    /// Where to listen; port 0 takes a free one.
    package var listen: [ListenAddress]
    /// Where metrics and probes are served over HTTP/1.1; nil for nowhere.
    package var metrics: ListenAddress?
    /// The rights of the Unix sockets that are made.
    package var socketMode: UInt16
    /// The certificate, and what clients need; nil for connections in the clear. Unix sockets
    /// always are in the clear.
    package var tls: ServerTLS.Configuration?
    /// How many event loops own connections.
    package var eventLoops: Int
    /// Whether a data directory is taken that does not keep data over a power cut.
    package var allowsVolatile: Bool
    /// Whether the data directory is a copy that goes on in an incarnation of its own
    /// (`--restored`).
    package var isRestored: Bool
    /// The program's version, for people.
    package var version: String
    /// All limits.
    package var limits: Limits
    /// Where ended sagas are kept; nil for nowhere, and the newest of them in memory.
    package var archive: (any SagaArchiving)?

    /// What a service manager is told; by default nothing.
    package var report: ServiceReport

    /// How much longer each sync of the journal takes, in microseconds; for benchmarks only.
    package var syncDelayMicroseconds: Int64 = 0

    /// Takes every setting; the limits have defaults.
    package init(
        dataDirectory: String, listen: [ListenAddress], metrics: ListenAddress? = nil,
        socketMode: UInt16 = 0o600,
        tls: ServerTLS.Configuration? = nil, eventLoops: Int, allowsVolatile: Bool,
        isRestored: Bool = false, version: String, limits: Limits = Limits(),
        archive: (any SagaArchiving)? = nil,
        report: ServiceReport = ServiceReport(
            ServiceEnvironment(), logger: Logger(label: "") { _ in SwiftLogNoOpLogHandler() })
    ) {
        self.dataDirectory = dataDirectory
        self.listen = listen
        self.metrics = metrics
        self.socketMode = socketMode
        self.tls = tls
        self.eventLoops = eventLoops
        self.allowsVolatile = allowsVolatile
        self.isRestored = isRestored
        self.version = version
        self.limits = limits
        self.archive = archive
        self.report = report
    }
}
