/// Who is at the other end of a connection, as a certificate says that was checked.
package struct PeerIdentity: Hashable, Sendable, CustomStringConvertible {
    /// Where in the certificate the name stands.
    package enum Kind: Hashable, Sendable {
        /// A URI among the subject's alternative names, such as a SPIFFE id.
        case uri
        /// A host's name among the subject's alternative names.
        case host
        /// An IP address among the subject's alternative names.
        case address
        /// The subject itself, `CN=web,O=Acme`: there is no alternative name.
        case subject
    }

    /// Where the name stands.
    package let kind: Kind
    /// The name, printable and of at most 512 bytes.
    package let name: String

    /// Names a peer.
    package init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// The name.
    package var description: String { name }
}
