package import SagaRPC

/// All services of a server, of both kinds, on one port: its method table, and what makes their
/// handler on each event loop.
package struct ServiceSet: Sendable {
    /// Makes a handler on an event loop.
    package typealias MakeHandler = @Sendable (CallWriter) -> any ServiceHandler

    /// Told of an error that is no status, with the method's path; the caller gets UNKNOWN.
    package typealias Unexpected = @Sendable (_ path: String, _ error: any Error) -> Void

    private var parts: [(paths: [String], make: MakeHandler)] = []

    /// Makes an empty set.
    package init() {}

    /// Adds methods that a handler serves straight on the event loop; it sees them by their places
    /// in `paths`.
    package mutating func add(_ paths: [String], _ makeHandler: @escaping MakeHandler) {
        parts.append((paths, makeHandler))
    }

    /// Adds methods that async functions serve.
    ///
    /// - Parameters:
    ///   - methods: in any order.
    ///   - queuedBytes: how much of a caller's messages is kept for a function that does not take
    ///     them, before the caller is given no more room.
    ///   - unexpected: told of errors that are no status.
    package mutating func add(
        _ methods: [AsyncMethod], queuedBytes: Int = 256 << 10,
        unexpected: @escaping Unexpected
    ) {
        parts.append(
            (
                methods.map(\.path),
                { writer in
                    AsyncServices(
                        methods, writer, queuedBytes: queuedBytes, unexpected: unexpected)
                }
            ))
    }

    /// The paths of all methods, in the order of the table.
    package var paths: [String] { parts.flatMap(\.paths) }

    /// The table of all methods.
    package var methods: MethodTable { MethodTable(paths) }

    /// Makes the handler of one event loop.
    package func makeHandler(_ writer: CallWriter) -> any ServiceHandler {
        if parts.count == 1 { return parts[0].make(writer) }
        return ServiceRouter(parts.map { ($0.paths.count, $0.make(writer)) })
    }
}
