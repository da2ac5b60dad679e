/// How a stream ended.
package enum StreamEnd: Equatable, Sendable {
    /// No connection, or it broke: it may work again.
    case lost(String)
    /// The coordinator answered with a status.
    case refused(SessionRefusal)
}

/// A coordinator's no to a session.
package struct SessionRefusal: Equatable, Sendable {
    /// Its code.
    package var code: SagaError.Code
    /// Its reason, e.g. `DISPLACED`.
    package var reason: String
    /// The same for people.
    package var message: String

    /// States the no.
    package init(code: SagaError.Code, reason: String, message: String) {
        self.code = code
        self.reason = reason
        self.message = message
    }

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
