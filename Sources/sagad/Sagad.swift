internal import ArgumentParser
internal import Logging
internal import SagaCoordinator
internal import SagaSystem
internal import SagaTransport

/// The coordinator daemon.
@main
struct Sagad: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "sagad",
        abstract: "Runs the saga coordinator: one daemon, a journal on local disk.",
        discussion: """
            EXAMPLES
              mkdir -m 700 /var/lib/sagad
              sagad --data-dir /var/lib/sagad
              sagad --check /var/lib/sagad      # before an upgrade, with the new release
              sagad --data-dir /var/lib/sagad-copy --restored      # a backup, once
              sagad config --config /etc/sagad/sagad.yaml
              sagad --data-dir ./data --listen 127.0.0.1:0 --ready-file ./ready.json
              sagad --data-dir /var/lib/sagad --listen unix:/run/sagad/sagad.sock \
                --listen 10.0.3.1:7242 --tls-cert sagad.pem --tls-key sagad.key \
                --tls-client-ca ca.pem

            LIMITS
              What peers may do is limited, with defaults that are safe. The options
              --connection-... and --http2-... change that; sagad --help-hidden shows
              them. sagactl status counts who met which limit.

            SIGNALS
              SIGTERM, SIGINT  hand out nothing more, write and sync what was decided, send
                               participants elsewhere and exit 0, without waiting for handlers
              SIGHUP           read the certificates and log.level again; no call is dropped,
                               and when a file is wrong the old ones stay. Other settings that
                               have changed are named: they need a restart

            CONFIGURATION
              Each option but those of a single start is a setting: --a-b-c is SAGAD_A_B_C
              in the environment, and a: {bC: ..} in the YAML file of --config, weaker from
              the left to the right. sagad config [--json] prints all settings, what is in
              force, and where that comes from.

            EXIT STATUS
              0   ended in order                  74  input/output error while running;
              64  wrong flags                         a restart may mend it
              65  damaged journal                 75  an address is in use, or cannot be
              73  the data directory is missing,      listened at
                  in use, not writable, or a      78  the configuration or a file of
                  backup (see --restored)             certificates or keys is wrong, or
                                                      too few files may be open for
                                                      --max-connections
            """,
        version: version)

    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "The directory of the journal. It must exist and belong to the user of the daemon.",
            valueName: "dir"))
    var dataDirectory: String?

    @Option(
        help: ArgumentHelp(
            "A file of settings; those of the command line and the environment are stronger.",
            valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Where to listen, may be given several times: HOST:PORT (port 0 takes a free one), "
                + "unix:PATH, or fd:N for a socket that the daemon is started with.",
            valueName: "address"))
    var listen: [ListenAddress] = [ListenAddress(host: "127.0.0.1", port: 7242)]

    @Option(
        help: ArgumentHelp(
            "Where to serve /metrics, /healthz and /readyz over HTTP: HOST:PORT (port 0 takes a "
                + "free one), fd:N, or none.", valueName: "address"))
    var metricsListen = MetricsAddress(ListenAddress(host: "127.0.0.1", port: 7243))

    @Option(
        help: ArgumentHelp(
            "The rights of the Unix sockets that are made, as chmod takes them.",
            valueName: "mode"))
    var socketMode = FileMode(bits: 0o600)

    @Option(
        help: ArgumentHelp(
            "A file that is written when the daemon serves: one JSON object with the addresses, "
                + "the process and the epoch.", valueName: "file"))
    var readyFile: String?

    @Option(
        help: ArgumentHelp(
            "What is less important is not logged: debug, info, notice, warning or error.",
            valueName: "level"))
    var logLevel: LogLevel = .info

    @Option(
        help: ArgumentHelp("How a line of the log is written: logfmt or json.", valueName: "format")
    )
    var logFormat: LineLogHandler.Format = .logfmt

    @Option(
        help: ArgumentHelp(
            "How many connections may be open at a time. Default: \(Limits().connections), or as "
                + "many as the process may have files for.", valueName: "number"))
    var maxConnections: Int?

    @Option(
        help: ArgumentHelp(
            "How many of them one IPv4 address, or one IPv6 network of 64 bits, may have.",
            valueName: "number"))
    var maxConnectionsPerAddress = Limits().connectionsPerAddress

    @Option(
        help: ArgumentHelp(
            "How many calls may watch events at a time.", valueName: "number"))
    var maxWatchers = Limits().watchers

    @Option(
        help: ArgumentHelp(
            "Replay the journal of this directory with this release, say what a start would find, "
                + "write nothing and exit. May be used while sagad runs in it.", valueName: "dir"))
    var check: String?

    @Flag(
        help: "Take a data directory on a file system that forgets, such as tmpfs. For tests only.")
    var allowVolatile = false

    @Flag(
        help: ArgumentHelp(
            "Go on from a copy of a data directory: a backup, which starts in no other way, or one "
                + "that was made by hand while sagad was stopped. Only for the first start from "
                + "the copy; the coordinator that it was made from must not run any more."))
    var restored = false

    @Flag(
        inversion: .prefixedNo,
        help: "Keep ended sagas searchable, in archive.sqlite beside the journal.")
    var archive = true

    @Option(
        help: ArgumentHelp(
            "How long the archive keeps ended sagas whose definition does not say.",
            valueName: "time"))
    var archiveRetention = TimeArgument(Limits().archiveRetention)

    @Option(
        help: ArgumentHelp(
            "How long the journal keeps events for those who watch, unless it is larger than "
                + "--events-bytes.", valueName: "time"))
    var eventsRetention = TimeArgument(Limits().eventsRetention)

    @Option(
        help: ArgumentHelp(
            "How large the journal may be before older events go; what lives comes on top.",
            valueName: "bytes"))
    var eventsBytes = BytesArgument(Limits().eventsBytes)

    @Option(help: .limit("Bytes of a new segment of the journal.", "bytes"))
    var journalSegmentBytes = BytesArgument(Limits().segmentBytes)

    @OptionGroup(title: "TLS") var tls: TLSOptions

    @OptionGroup(title: "Connections") var connection: ConnectionOptions

    @OptionGroup(title: "HTTP/2") var http2: HTTP2Options

    @OptionGroup(visibility: .hidden) var benchmark: BenchmarkOptions

    /// What was set, or its default.
    var limits: Limits {
        var limits = Limits()
        if let maxConnections { limits.connections = maxConnections }
        limits.connectionsPerAddress = maxConnectionsPerAddress
        limits.watchers = maxWatchers
        limits.archiveRetention = archiveRetention.duration
        limits.eventsRetention = eventsRetention.duration
        limits.eventsBytes = eventsBytes.count
        limits.segmentBytes = journalSegmentBytes.count
        connection.apply(to: &limits)
        http2.apply(to: &limits)
        return limits
    }

    var eventLoops: Int { max(1, ThisProcess.processorCount - 1) }

    func validate() throws {
        switch (dataDirectory, check) {
        case (nil, nil): throw ValidationError("Missing expected argument '--data-dir <dir>'")
        case (_?, _?): throw ValidationError("--check takes no --data-dir")
        case (nil, _?) where restored: throw ValidationError("--check takes no --restored")
        case (_?, nil), (nil, _?): break
        }
        if let fault = limits.fault { throw ValidationError(fault) }
        if let metrics = metricsListen.address, listen.contains(metrics), !metrics.takesFreePort {
            throw ValidationError("--metrics-listen \(metrics) is one of --listen")
        }
        for (place, address) in listen.enumerated() {
            if case .inherited(let descriptor) = address, descriptor < 3 {
                throw ValidationError("--listen \(address): 0 to 2 are the standard streams")
            }
            if listen[..<place].contains(address), !address.takesFreePort {
                throw ValidationError("--listen \(address) is there twice")
            }
        }
    }
}

/// The levels of `--log-level`.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case debug, info, notice, warning, error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}

extension LineLogHandler.Format: ExpressibleByArgument {}

extension ListenAddress: ExpressibleByArgument {
    /// Reads `HOST:PORT`, `unix:PATH` or `fd:N`.
    public init?(argument: String) { self.init(argument) }
}
