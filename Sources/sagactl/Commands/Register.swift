internal import ArgumentParser
internal import SagaDefinitionFile
internal import SagaModel
internal import SagaSystem

/// `register FILE [--check]`, `register --schema`.
struct Register: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Registers the definition in a YAML or JSON file.",
        usage: """
            sagactl register FILE [--check] [OPTIONS]
            sagactl register --schema
            """,
        discussion: """
            A registered version never changes: equal content again does nothing,
            other content needs a new version. All faults of a file are told at once.

            EXAMPLES
              sagactl register order.yaml
              sagactl register order.yaml --check     # in CI: no coordinator needed
              sagactl register --schema > definition.schema.json    # for editors

            EXIT STATUS
              0   registered, or registered before with the same content; with --check
                  without faults
              1   refused: this version has other content
              65  the file has faults; nothing is registered
            """)

    @Argument(help: "The definition; a file called .json must be strict JSON.")
    var file: String?

    @Flag(help: "Only look for faults; ask no coordinator and register nothing.")
    var check = false

    @Flag(help: "Print the JSON Schema of definition files and register nothing.")
    var schema = false

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        switch (file, schema) {
        case (nil, false): throw ValidationError("Missing expected argument '<file>'")
        case (_?, true): throw ValidationError("--schema takes no file")
        case (nil, true), (_?, false): break
        }
        if check, schema { throw ValidationError("--check and --schema exclude each other") }
    }

    func run() async throws {
        let screen = Screen.standard(global.color, isJSON: global.json)
        do throws(Complaint) {
            guard let file else {
                try screen.output(DefinitionFile.schema)
                return
            }
            let source = try Self.source(file)
            if check {
                try showChecked(source.definition, screen)
                return
            }
            try await withCoordinator(
                global, hostName: ThisProcess.hostName, environment: ThisProcess.environment
            ) { calls throws(Complaint) in
                try await register(source, calls, screen)
            }
        } catch {
            screen.error(error.text(screen.errorStyle))
            throw ExitCode(error.exit.rawValue)
        }
    }

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        if let file { try await register(try Self.source(file), calls, screen) }
        return .done
    }

    /// Reads the file; every fault in it is a line.
    static func source(_ file: String) throws(Complaint) -> DefinitionSource {
        let bytes: [UInt8]
        do {
            bytes = try WholeFile.read(file, limit: DefinitionFile.maximumBytes)
        } catch {
            throw .unreadable(file, error)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Complaint("\(file): not UTF-8 text; nothing registered", exit: .dataError)
        }
        do {
            return try DefinitionFile.source(text, file: file)
        } catch {
            throw Complaint(faults: error.faults.map(\.description))
        }
    }

    func showChecked(_ definition: SagaDefinition, _ screen: Screen) throws(Complaint) {
        let digest = Digest256(of: definition)
        if screen.isJSON {
            try screen.show([JSONObject(checked: definition, digest)])
        } else {
            try screen.show([DefinitionsDrawing.checked(definition, digest, screen.style)])
        }
    }

    private func register(
        _ source: DefinitionSource, _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) {
        let answer = try await calls.register(source.definition)
        if screen.isJSON {
            try screen.show([JSONObject(answer)])
        } else {
            try screen.show([
                DefinitionsDrawing.registered(answer, source.definition, screen.style)
            ])
        }
        for warning in answer.warnings {
            let place = source.definition.steps.firstIndex { $0.name == warning.step }
                .flatMap { source.location(ofStep: $0) }
            let line = place.map { ":\($0.line)" } ?? ""
            screen.warn("\(source.file)\(line): \(warning.message)")
        }
    }
}
