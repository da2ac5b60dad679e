internal import ArgumentParser
internal import SagaTransport

/// The options that make connections secure.
struct TLSOptions: ParsableArguments {
    @Option(
        name: .customLong("tls-cert"),
        help: ArgumentHelp(
            "Speak TLS at every address but Unix sockets, with the certificate in this file (PEM), "
                + "those between it and its root behind it.", valueName: "file"))
    var certificate: String?

    @Option(
        name: .customLong("tls-key"),
        help: ArgumentHelp(
            "The key of the certificate (PEM, without a passphrase).", valueName: "file"))
    var key: String?

    @Option(
        name: .customLong("tls-client-ca"),
        help: ArgumentHelp(
            "The roots that clients' certificates are checked against (PEM).", valueName: "file"))
    var clientRoots: String?

    @Option(
        name: .customLong("tls-client-auth"),
        help: ArgumentHelp(
            "Whether clients must show a certificate: off, asked or required. Default: required "
                + "with --tls-client-ca, else off.", valueName: "policy"))
    var clientAuthentication: ClientAuthentication?

    func validate() throws {
        switch (certificate, key) {
        case (nil, .some): throw ValidationError("--tls-key needs --tls-cert")
        case (.some, nil): throw ValidationError("--tls-cert needs --tls-key")
        case (nil, nil) where clientRoots != nil:
            throw ValidationError("--tls-client-ca needs --tls-cert and --tls-key")
        case (nil, nil) where clientAuthentication != nil:
            throw ValidationError("--tls-client-auth needs --tls-cert and --tls-key")
        case (nil, nil), (.some, .some): break
        }
        switch clientAuthentication {
        case .off where clientRoots != nil:
            throw ValidationError(
                "--tls-client-ca is for clients that are asked for certificates; drop it, or "
                    + "--tls-client-auth off")
        case .asked where clientRoots == nil, .required where clientRoots == nil:
            throw ValidationError(
                "--tls-client-auth \(clientAuthentication?.rawValue ?? "") needs --tls-client-ca, "
                    + "which clients' certificates are checked against")
        case nil, .off, .asked, .required: break
        }
    }

    /// What the daemon is run with; nil for connections in the clear.
    var configuration: ServerTLS.Configuration? {
        guard let certificate, let key else { return nil }
        return ServerTLS.Configuration(
            certificateFile: certificate, keyFile: key,
            clientAuthentication: clientAuthentication ?? (clientRoots == nil ? .off : .required),
            clientRootsFile: clientRoots)
    }
}

extension ClientAuthentication: ExpressibleByArgument {}

/// The rights of a file in octal, as chmod takes them: `600`, `660`.
struct FileMode: ExpressibleByArgument {
    let bits: UInt16

    init(bits: UInt16) { self.bits = bits }

    init?(argument: String) {
        guard let bits = UInt16(argument, radix: 8), bits <= 0o777 else { return nil }
        self.bits = bits
    }

    var defaultValueDescription: String { String(bits, radix: 8) }
}
