internal import SagaModel
internal import SagaSystem

extension GlobalOptions {
    /// The options with what the chosen context adds to them.
    ///
    /// What stands on the line is stronger than a context that is named there or in
    /// `SAGACTL_CONTEXT`; that is stronger than the other variables of the environment, and these
    /// are stronger than the context that `sagactl context use` chose.
    func completed(
        by file: ContextFile?, _ environment: (String) -> String?
    ) throws(Complaint) -> GlobalOptions {
        let variable = environment("SAGACTL_CONTEXT").flatMap { $0.isEmpty ? nil : $0 }
        guard let file else {
            guard let name = context ?? variable else { return self }
            throw Complaint(
                "no context \(ShownText.word(name)): neither HOME nor XDG_CONFIG_HOME says where "
                    + "contexts are kept", exit: .configuration)
        }
        if let name = context ?? variable {
            return adding(try file.read().named(name, in: file.path)) { _ in nil }
        }
        // A file that is wrong is no reason to refuse a line that needs none.
        if address != nil { return self }
        let contexts = try file.read()
        guard let name = contexts.current else { return self }
        return adding(try contexts.named(name, in: file.path), environment)
    }

    /// `stronger`: the variables of the environment that a context does not override.
    private func adding(
        _ context: Context, _ stronger: (String) -> String?
    ) -> GlobalOptions {
        func isFree(_ name: String) -> Bool { (stronger(name) ?? "").isEmpty }
        var options = self
        let isElsewhere = address != nil || !isFree("SAGACTL_ADDRESS")
        // Certificates belong to the address that they were given for.
        if !isElsewhere {
            options.address = context.address ?? options.address
            options.tls.isWanted = tls.isWanted || context.tls
            if isFree("SAGACTL_TLS_CA") { options.tls.roots = tls.roots ?? context.ca }
            if isFree("SAGACTL_TLS_NAME") { options.tls.name = tls.name ?? context.serverName }
            if tls.certificate == nil, isFree("SAGACTL_TLS_CERT") {
                options.tls.certificate = context.certificate
                options.tls.key = context.key
            }
        }
        options.namespace = namespace ?? context.namespace
        options.principal = principal ?? context.principal
        return options
    }
}
