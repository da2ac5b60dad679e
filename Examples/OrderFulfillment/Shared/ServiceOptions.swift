public import ArgumentParser
public import GRDB

/// The flags of all three services.
public struct ServiceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where sagad listens.", valueName: "host:port"))
    public var coordinator = "127.0.0.1:7242"

    @Option(
        help: ArgumentHelp("The service's own SQLite file, made if missing.", valueName: "file"))
    public var database: String

    @Option(
        help: ArgumentHelp(
            "Which process of the service this is. Started again under the same name, it ends its "
                + "old attempts at once.", valueName: "name"))
    public var instance = "1"

    @Flag(help: "Print what is in the database, and serve nothing.")
    public var show = false

    @Option(
        help: ArgumentHelp(
            "While this file exists a handler waits before it commits; the file then holds its "
                + "idempotency key. For showing crashes.", valueName: "file"))
    public var hold: String?

    public init() {}

    /// Opens the database, and makes what is missing in it.
    public func openDatabase(_ schema: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        // Another process may show the ledger at the same time.
        configuration.busyMode = .timeout(10)
        let database = try DatabaseQueue(path: database, configuration: configuration)
        try database.write { try $0.execute(sql: schema) }
        return database
    }
}
