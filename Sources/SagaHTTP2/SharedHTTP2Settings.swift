/// Settings that all connections of a program hold together: they take half a KiB, which none of
/// thousands of idle connections need have for itself.
package final class SharedHTTP2Settings: Sendable {
    /// The settings.
    package let values: HTTP2Settings

    /// Takes settings.
    package init(_ values: HTTP2Settings) { self.values = values }
}
