internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// The options of every verb; they may stand before the verb too.
struct GlobalOptions: ParsableArguments {
    static let defaultAddress = "127.0.0.1:7242"

    @Option(
        help: ArgumentHelp(
            "The coordinator: HOST:PORT or unix:PATH. Default: SAGACTL_ADDRESS, else that of "
                + "the context, else \(defaultAddress).",
            valueName: "address"))
    var address: String?

    @Option(
        help: ArgumentHelp(
            "Address, certificates and namespace by name; see sagactl context. Default: "
                + "SAGACTL_CONTEXT, else the one in use.", valueName: "name"))
    var context: String?

    @Flag(
        help: "Print one JSON object a line, in protobuf's JSON form of the messages of saga.v1.")
    var json = false

    @Option(help: ArgumentHelp("The namespace. Default: default.", valueName: "name"))
    var namespace: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Who asks, as it is recorded beside what you ask for. Default: USER@HOST.",
            valueName: "name"))
    var principal: String?

    @OptionGroup(title: "TLS") var tls: TLSOptions

    @Option(help: "Colours: auto, always or never. NO_COLOR turns auto off.")
    var color: ColorChoice = .auto

    @Option(
        help: ArgumentHelp(
            "How long an answer may take, e.g. 10s. Default: 30s; with --wait no end.",
            valueName: "duration"))
    var timeout: TimeLimit?

    func validate() throws {
        if let address, address.isEmpty {
            throw ValidationError(
                "--address is empty; write HOST:PORT, e.g. \(Self.defaultAddress)")
        }
    }

    /// The coordinator's address as it was asked for.
    func chosenAddress(_ environment: (String) -> String?) -> String {
        if let address { return address }
        let variable = environment("SAGACTL_ADDRESS") ?? ""
        return variable.isEmpty ? Self.defaultAddress : variable
    }

    /// Who asks.
    func chosenPrincipal(_ environment: (String) -> String?, hostName: String) -> String {
        if let principal { return principal }
        let user = [environment("USER"), environment("LOGNAME")].compactMap(\.self)
            .first { !$0.isEmpty }
        let name = "\(user ?? "unknown")@\(hostName.isEmpty ? "localhost" : hostName)"
        // It travels as a header, which has room for printable ASCII only.
        return String(name.map { $0.isASCII && $0 >= " " && $0 <= "~" ? $0 : "?" })
    }
}

/// A duration as definition files write it: `10s`, `1m30s`.
struct TimeLimit: Equatable, Sendable, ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let duration = DurationText.parse(argument), duration > .zero else { return nil }
        self.duration = duration
    }
}

extension ColorChoice: ExpressibleByArgument {}
