internal import ArgumentParser
internal import Saga

/// The options that make the connection to the coordinator secure.
struct TLSOptions: ParsableArguments {
    @Flag(
        name: .customLong("tls"),
        help: "Speak TLS, trusting the roots of this machine; the options below imply it.")
    var isWanted = false

    @Option(
        name: .customLong("tls-ca"),
        help: ArgumentHelp(
            "The roots that the coordinator's certificate is checked against (PEM). Default: "
                + "SAGACTL_TLS_CA, else those of this machine.", valueName: "file"))
    var roots: String?

    @Option(
        name: .customLong("tls-cert"),
        help: ArgumentHelp(
            "Your certificate, for a coordinator that asks for one (PEM). Default: "
                + "SAGACTL_TLS_CERT.", valueName: "file"))
    var certificate: String?

    @Option(
        name: .customLong("tls-key"),
        help: ArgumentHelp(
            "The key of your certificate (PEM, without a passphrase). Default: SAGACTL_TLS_KEY.",
            valueName: "file"))
    var key: String?

    @Option(
        name: .customLong("tls-name"),
        help: ArgumentHelp(
            "The name that the coordinator's certificate must have. Default: SAGACTL_TLS_NAME, "
                + "else the host of the address.", valueName: "name"))
    var name: String?

    func validate() throws {
        switch (certificate, key) {
        case (nil, .some): throw ValidationError("--tls-key needs --tls-cert")
        case (.some, nil): throw ValidationError("--tls-cert needs --tls-key")
        case (nil, nil), (.some, .some): break
        }
    }

    /// What was asked for here, or else in the environment; nil for a connection in the clear.
    func chosen(_ environment: (String) -> String?) -> TLS? {
        func variable(_ name: String) -> String? {
            environment(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        let isOwnGiven = certificate != nil
        let tls = TLS(
            ca: roots ?? variable("SAGACTL_TLS_CA"),
            certificate: isOwnGiven ? certificate : variable("SAGACTL_TLS_CERT"),
            key: isOwnGiven ? key : variable("SAGACTL_TLS_KEY"),
            name: name ?? variable("SAGACTL_TLS_NAME"))
        return isWanted || tls != TLS() ? tls : nil
    }
}
