/// How a stream ended.
enum StreamEnd: Equatable, Sendable {
    /// No connection, or it broke: it may work again.
    case lost(String)
    /// The coordinator answered with a status.
    case refused(SessionRefusal)
}

/// A coordinator's no to a session.
struct SessionRefusal: Equatable, Sendable {
    /// Its code.
    var code: SagaError.Code
    /// Its reason, e.g. `DISPLACED`.
    var reason: String
    /// The same for people.
    var message: String

    /// Whether asking again cannot help: what is wrong is this participant's own name, rights or
    /// protocol. One that was displaced by another process of the same instance must not take the
    /// place back, or the two would go on displacing each other.
    var isFinal: Bool {
        let final: Set<SagaError.Code> = [
            .invalidArgument, .unauthenticated, .permissionDenied, .unimplemented,
        ]
        return final.contains(code) || ["DISPLACED", "PROTOCOL_VERSION"].contains(reason)
    }
}
