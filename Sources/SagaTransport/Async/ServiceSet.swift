package import SagaRPC

/// All services of a server, of both kinds, on one port: its method table, and what makes their
/// handler on each event loop.
package struct ServiceSet: Sendable {
    /// Makes a handler on an event loop.
    package typealias MakeHandler = @Sendable (CallWriter) -> any ServiceHandler

    /// Told of an error that is no status, with the method's path; the caller gets UNKNOWN.
    package typealias Unexpected = @Sendable (_ path: String, _ error: any Error) -> Void

    private var parts: [(methods: [(path: String, kind: MethodKind)], make: MakeHandler)] = []

    /// Makes an empty set.
    package init() {}

    /// Adds methods that a handler serves straight on the event loop; it sees them by their places
    /// in `methods`. It is given exactly one message by a caller of a kind that takes one.
    package mutating func add(
        _ methods: [(path: String, kind: MethodKind)], _ makeHandler: @escaping MakeHandler
    ) {
        parts.append((methods, makeHandler))
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
                methods.map { ($0.path, $0.kind) },
                { writer in
                    AsyncServices(
                        methods, writer, queuedBytes: queuedBytes, unexpected: unexpected)
                }
            ))
    }

    /// The table of all methods.
    package var methods: MethodTable {
        let all = parts.flatMap(\.methods)
        return MethodTable(all.map(\.path), kinds: all.map(\.kind))
    }

    /// Makes the handler of one event loop.
    package func makeHandler(_ writer: CallWriter) -> any ServiceHandler {
        if parts.count == 1 { return parts[0].make(writer) }
        return ServiceRouter(parts.map { ($0.methods.count, $0.make(writer)) })
    }
}
