/// The name of a handler with the types it takes and gives, so that a step and the handler it names
/// agree at compile time.
///
/// Shared by the services or copied between them: nothing but the name goes over the wire.
public struct HandlerName<Input, Output>: Hashable, Sendable {
    /// The name: two to four parts joined by dots, e.g. `payments.charge`.
    public let name: String

    /// Names a handler.
    public init(_ name: String) {
        self.name = name
    }
}
