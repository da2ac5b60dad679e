/// How large a definition may be: what every saga of it costs the coordinator is bounded by these.
package struct DefinitionLimits: Hashable, Sendable {
    /// How many steps.
    package var steps = 1_000
    /// How many names all `after` lists hold together.
    package var edges = 10_000
    /// How many codes one retry policy lists.
    package var codes = 100
    /// The longest code in bytes, that of a failure.
    package var codeBytes = 128
    /// How many members one `input` or `output` map has.
    package var members = 100
    /// The longest reference, member name or value of a condition in bytes.
    package var textBytes = 1_024
    /// How many unknown names are compared with all known ones to find what was meant.
    package var suggestions = 20
    /// The longest duration: ten years, far from what an instant in microseconds can hold.
    package var duration = Duration.seconds(3_650 * 86_400)

    /// The limits that stand where nothing else is said.
    package init() {}
}
