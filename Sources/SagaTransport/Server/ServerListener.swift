/// A place where a server listens.
package struct ServerListener: Equatable, Sendable {
    /// The address, with the port that was taken.
    package let address: ListenAddress
    /// Whether connections that come there are secure.
    package let isSecure: Bool
}
