package import NIOCore

/// What stands between a connection's socket and its HTTP/2: nothing, or a layer such as TLS.
package struct ClientWire: Sendable {
    /// What requests call it in `:scheme`, `http` or `https`.
    package var scheme: String
    /// Adds the layer's handlers to a new connection, ahead of HTTP/2's own; runs on the
    /// connection's event loop. What it throws, or what its handlers fire as an error, is the
    /// reason why the connection failed; bytes written before the layer is ready wait in it.
    package var prepare: @Sendable (any Channel, ClientAddress) throws -> Void

    /// Makes a layer.
    package init(
        scheme: String, prepare: @escaping @Sendable (any Channel, ClientAddress) throws -> Void
    ) {
        self.scheme = scheme
        self.prepare = prepare
    }

    /// HTTP/2 straight on the socket, with prior knowledge.
    package static let plain = ClientWire(scheme: "http") { _, _ in }
}
