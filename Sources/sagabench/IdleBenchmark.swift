internal import SagaRPC
internal import SagaSystem
internal import SagaTransport

/// One run: connections that are opened and then say nothing, and what they cost the server.
struct IdleBenchmark {
    /// Why there is no result.
    enum Failure: Error {
        case connection(RPCStatus)
        case memory
    }

    private let connections: Int
    private let server: EchoProcess
    /// Connections that are opened, or make a call, at a time.
    private static let atATime = 200

    init(_ connections: Int, _ server: EchoProcess) {
        self.connections = connections
        self.server = server
    }

    func run() async throws -> IdleReport {
        let loops = EventLoops.make(1)
        var settings = TransportCommand.client
        settings.keepaliveInterval = nil
        settings.idleTimeout = nil
        let warm = ClientChannel(server.target, settings, on: loops, wire: server.wire)
        try await Self.call(warm)
        let before = try server.use().anonymousBytes
        let channels = (0..<connections).map { _ in
            ClientChannel(server.target, settings, on: loops, wire: server.wire)
        }
        try await each(channels) { channel in
            channel.execute { $0.connect() }
            for await state in channel.states() {
                switch state {
                case .ready: return
                case .idle, .connecting: break
                case .transientFailure, .shutdown:
                    throw Failure.connection(RPCStatus(.unavailable, "\(state)"))
                }
            }
        }
        let greeted = try await settled()
        try await each(channels) { try await Self.call($0) }
        let called = try await settled()
        return IdleReport(
            connections: connections, greetedBytes: greeted - before, calledBytes: called - before)
    }

    private static func call(_ channel: ClientChannel) async throws {
        let message = [UInt8](repeating: 0, count: 100)
        // Without a deadline: until one passes its timer stays, and that is no idle connection.
        let answer = try await channel.unary(
            EchoServer.Method.unary.path, message, deadline: nil)
        guard answer == message else {
            throw Failure.connection(RPCStatus(.dataLoss, "another message than was sent"))
        }
    }

    private func each(
        _ channels: [ClientChannel],
        _ body: @escaping @Sendable (ClientChannel) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, channel) in channels.enumerated() {
                if place >= Self.atATime { try await group.next() }
                group.addTask { try await body(channel) }
            }
            try await group.waitForAll()
        }
    }

    /// The server's memory once it does not change any more: last frames may be on their way.
    private func settled() async throws -> Int {
        var last = try server.use()
        for _ in 0..<100 {
            try await Task.sleep(for: .milliseconds(100))
            let next = try server.use()
            if next == last { return next.anonymousBytes }
            last = next
        }
        throw Failure.memory
    }
}

/// What a run of `sagabench transport --idle-connections` measured.
struct IdleReport {
    let connections: Int
    /// The server's memory for all of them: without a call, and behind one call on each.
    let greetedBytes: Int
    let calledBytes: Int

    /// For people.
    var table: String {
        ReportFormat.table([
            ("connections", "\(connections)"),
            ("greeted", ReportFormat.bytes(greetedBytes / connections) + " each"),
            ("behind a call", ReportFormat.bytes(calledBytes / connections) + " each"),
        ])
    }

    /// For programs; the names are part of the interface.
    var json: String {
        ReportFormat.json([
            ("connections", "\(connections)"),
            ("greetedBytesPerConnection", "\(greetedBytes / connections)"),
            ("calledBytesPerConnection", "\(calledBytes / connections)"),
        ])
    }
}
