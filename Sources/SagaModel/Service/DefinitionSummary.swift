/// What a list of definitions says of one.
package struct DefinitionSummary: Equatable, Sendable {
    /// The name.
    package var name: String
    /// The version.
    package var version: UInt32
    /// The digest of what was written down.
    package var digest: Digest256
    /// When it was registered.
    package var registeredAt: Instant
    /// How many steps it has.
    package var steps: UInt32
    /// The pivot's name; empty for none.
    package var pivot: String
    /// Whether starts without a version take this one.
    package var isLatest: Bool
    /// How many live sagas run by it.
    package var liveSagas: UInt64

    /// States the facts.
    package init(
        name: String, version: UInt32, digest: Digest256, registeredAt: Instant, steps: UInt32,
        pivot: String, isLatest: Bool, liveSagas: UInt64
    ) {
        self.name = name
        self.version = version
        self.digest = digest
        self.registeredAt = registeredAt
        self.steps = steps
        self.pivot = pivot
        self.isLatest = isLatest
        self.liveSagas = liveSagas
    }
}

extension DefinitionStatus {
    /// The same as a list shows it.
    package var summary: DefinitionSummary {
        DefinitionSummary(
            name: definition.name, version: definition.version, digest: definition.digest,
            registeredAt: definition.registeredAt, steps: UInt32(definition.steps.count),
            pivot: definition.filled.steps.first { $0.isPivot == true }?.name ?? "",
            isLatest: isLatest, liveSagas: liveSagas)
    }
}
