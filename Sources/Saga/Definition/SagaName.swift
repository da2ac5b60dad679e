/// The name of a definition with the types that its sagas take and give.
public struct SagaName<Input, Output>: Hashable, Sendable {
    /// The name: `[a-z][a-z0-9-]{0,62}`, e.g. `order`.
    public let name: String

    /// Names a definition.
    public init(_ name: String) {
        self.name = name
    }
}
