internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// `context list | set | use | remove`.
struct ContextVerbs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context",
        abstract: "Keeps addresses and certificates of coordinators by name.",
        usage: """
            sagactl context list [--json]
            sagactl context set NAME --address ADDRESS [--tls-ca FILE] [--namespace N] ...
            sagactl context use NAME
            sagactl context remove NAME
            """,
        discussion: """
            They are kept in $XDG_CONFIG_HOME/sagactl/contexts.yaml, or in ~/.config
            where that is not set. What stands on the line is stronger than --context
            NAME and SAGACTL_CONTEXT, these are stronger than SAGACTL_ADDRESS and the
            other variables, and these stronger than the context in use.

            EXAMPLES
              sagactl context set prod --address 10.0.3.1:7242 --tls-ca ca.pem
              sagactl context use prod
              sagactl --context staging list --live

            EXIT STATUS
              0   done
              73  the file cannot be written
              78  there is no such context, or the file is wrong
            """,
        subcommands: [ListAll.self, SetOne.self, Use.self, Remove.self])

    /// `context list`.
    struct ListAll: ContextVerb {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Lists the contexts; * is the one in use.",
            usage: "sagactl context list [--json]",
            discussion: """
                EXAMPLES
                  sagactl context list

                EXIT STATUS
                  0   done, also if there are none
                  78  the file is wrong
                """)

        @OptionGroup(title: "Options of every verb") var global: GlobalOptions

        func perform(_ file: ContextFile, _ screen: Screen) throws(Complaint) {
            let contexts = try file.read()
            if screen.isJSON {
                try screen.show(
                    contexts.all.map { name, context in
                        JSONObject(context, named: name, isCurrent: name == contexts.current)
                    })
                return
            }
            var table = TextTable([.left, .left, .left, .left], gap: 2)
            if !contexts.all.isEmpty {
                table.add(["", "NAME", "ADDRESS", "NAMESPACE"].map { StyledText($0) })
            }
            for (name, context) in contexts.all {
                table.add([
                    StyledText(name == contexts.current ? "*" : ""), StyledText(name, .name),
                    StyledText(context.address ?? GlobalOptions.defaultAddress),
                    StyledText(context.namespace ?? "default"),
                ])
            }
            try screen.show(table.lines(screen.style))
            if contexts.all.isEmpty {
                screen.note(
                    "no contexts; make one: sagactl context set NAME --address HOST:PORT")
            }
        }
    }

    /// `context set NAME ...`.
    struct SetOne: ContextVerb {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Makes or changes a context from the options given.",
            usage: """
                sagactl context set NAME [--address ADDRESS] [--tls] [--tls-ca FILE]
                                    [--tls-cert FILE --tls-key FILE] [--tls-name NAME]
                                    [--namespace N] [--as NAME]
                """,
            discussion: """
                What is not given stays as it was. The files are named by their absolute
                paths and are not copied. The first context is in use at once.

                EXAMPLES
                  sagactl context set prod --address 10.0.3.1:7242 --tls-ca ca.pem
                  sagactl context set prod --namespace shop

                EXIT STATUS
                  0   done
                  64  nothing is given to set
                  73  the file cannot be written
                  78  the file is wrong
                """)

        @Argument(help: "The name.") var name: String

        @OptionGroup(title: "Options of every verb") var global: GlobalOptions

        func validate() throws {
            guard DefinitionNames.isName(name[...]) else {
                throw ValidationError(
                    "\(ShownText.word(name)) is no name: it is made of a-z, 0-9 and -, and begins "
                        + "with a letter")
            }
            guard changed(Context()) != Context() else {
                throw ValidationError("nothing is given to set, e.g. --address HOST:PORT")
            }
        }

        private func changed(_ old: Context) -> Context {
            var context = old
            context.address = global.address ?? old.address
            context.tls = global.tls.isWanted || old.tls
            context.ca = global.tls.roots.map(Self.absolute) ?? old.ca
            context.certificate = global.tls.certificate.map(Self.absolute) ?? old.certificate
            context.key = global.tls.key.map(Self.absolute) ?? old.key
            context.serverName = global.tls.name ?? old.serverName
            context.namespace = global.namespace ?? old.namespace
            context.principal = global.principal ?? old.principal
            return context
        }

        private static func absolute(_ path: String) -> String {
            guard !path.hasPrefix("/"), let here = try? Directory.resolved(".") else { return path }
            return "\(here)/\(path)"
        }

        func perform(_ file: ContextFile, _ screen: Screen) throws(Complaint) {
            var contexts = try file.read()
            contexts[name] = changed(contexts[name] ?? Context())
            contexts.current = contexts.current ?? name
            try file.write(contexts)
            screen.note(
                "\(name) is in \(file.path)" + (contexts.current == name ? ", and in use" : ""))
        }
    }

    /// `context use NAME`.
    struct Use: ContextVerb {
        static let configuration = CommandConfiguration(
            abstract: "Chooses the context that is used where none is named.",
            usage: "sagactl context use NAME",
            discussion: """
                EXAMPLES
                  sagactl context use prod

                EXIT STATUS
                  0   done
                  73  the file cannot be written
                  78  there is no such context, or the file is wrong
                """)

        @Argument(help: "The name.") var name: String

        @OptionGroup(title: "Options of every verb") var global: GlobalOptions

        func perform(_ file: ContextFile, _ screen: Screen) throws(Complaint) {
            var contexts = try file.read()
            let context = try contexts.named(name, in: file.path)
            contexts.current = name
            try file.write(contexts)
            screen.note("\(name) is in use: \(context.address ?? GlobalOptions.defaultAddress)")
        }
    }

    /// `context remove NAME`.
    struct Remove: ContextVerb {
        static let configuration = CommandConfiguration(
            abstract: "Removes a context; the files that it names stay.",
            usage: "sagactl context remove NAME",
            discussion: """
                EXAMPLES
                  sagactl context remove staging

                EXIT STATUS
                  0   done
                  73  the file cannot be written
                  78  there is no such context, or the file is wrong
                """)

        @Argument(help: "The name.") var name: String

        @OptionGroup(title: "Options of every verb") var global: GlobalOptions

        func perform(_ file: ContextFile, _ screen: Screen) throws(Complaint) {
            var contexts = try file.read()
            _ = try contexts.named(name, in: file.path)
            contexts[name] = nil
            if contexts.current == name { contexts.current = nil }
            try file.write(contexts)
            screen.note("\(name) is removed")
        }
    }
}

/// A verb about the file of contexts; it asks no coordinator.
protocol ContextVerb: AsyncParsableCommand {
    var global: GlobalOptions { get }

    func perform(_ file: ContextFile, _ screen: Screen) throws(Complaint)
}

extension ContextVerb {
    func run() async throws {
        let screen = Screen.standard(global.color, isJSON: global.json)
        do throws(Complaint) {
            guard let file = ContextFile(ThisProcess.environment) else {
                throw Complaint(
                    "neither HOME nor XDG_CONFIG_HOME says where contexts are kept",
                    exit: .configuration)
            }
            try perform(file, screen)
        } catch {
            screen.error(error.text(screen.errorStyle))
            throw ExitCode(error.exit.rawValue)
        }
    }
}

extension JSONObject {
    /// A context, with the keys of the file.
    init(_ context: Context, named name: String, isCurrent: Bool) {
        self.init()
        set("name", name)
        set("current", isCurrent)
        for key in Context.textKeys { set(key.name, context[keyPath: key.path] ?? "") }
        set(Context.tlsKey, context.tls)
    }
}
