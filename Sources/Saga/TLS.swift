/// How a client or a participant makes its connections to the coordinator secure.
///
/// `TLS()` trusts the roots of the machine; a coordinator with a certificate of a private authority
/// needs `TLS(ca: "ca.pem")`. All files are PEM and are read for each connection anew, so that
/// renewed certificates are used without a restart. Unix sockets are never secured: the rights of
/// their files guard them.
public struct TLS: Hashable, Sendable {
    /// The file of the roots that the coordinator's certificate is checked against; nil for those
    /// of the machine.
    public var ca: String?
    /// The file of the own certificate, those between it and its root behind it; for coordinators
    /// that ask for one. Its name is then what the coordinator records of who asked.
    public var certificate: String?
    /// The file of the certificate's key, without a passphrase.
    public var key: String?
    /// The name that the coordinator's certificate must have; nil for the address's own.
    public var name: String?

    /// Names the files; nothing is read yet.
    public init(
        ca: String? = nil, certificate: String? = nil, key: String? = nil, name: String? = nil
    ) {
        self.ca = ca
        self.certificate = certificate
        self.key = key
        self.name = name
    }
}
