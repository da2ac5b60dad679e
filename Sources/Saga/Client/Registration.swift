public import SagaModel

/// What became of a definition that was registered.
public struct Registration: Hashable, Sendable {
    /// The definition's name.
    public let name: String
    /// Its version.
    public let version: UInt32
    /// SHA-256 over what was written down; the same from builder and file.
    public let digest: Digest256
    /// Whether equal content was registered before, so that nothing happened.
    public let existing: Bool
    /// What may be wrong with it and did not keep it from being registered, e.g. a handler that no
    /// participant has offered.
    public let warnings: [Warning]

    /// Something that may be wrong.
    public struct Warning: Hashable, Sendable, CustomStringConvertible {
        /// The kind, e.g. `HANDLER_NEVER_OFFERED`.
        public let reason: String
        /// The step; empty for the definition as a whole.
        public let step: String
        /// The field of it, e.g. `handler`.
        public let field: String
        /// The same for people.
        public let message: String

        /// `step charge: ...`.
        public var description: String { step.isEmpty ? message : "step \(step): \(message)" }
    }
}
