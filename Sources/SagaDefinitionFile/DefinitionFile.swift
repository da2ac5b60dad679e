public import SagaModel

/// Definition files: YAML or JSON to definitions and back.
///
/// JSON is read as the YAML that it is; a file called `.json` must be strict JSON besides. What
/// YAML and JSON, or two versions of YAML, would read differently is a fault: a definition means
/// the same to everybody.
public enum DefinitionFile {
    /// The longest file in bytes; a definition of 1,000 steps with all fields has some 500 KB.
    package static let maximumBytes = 4 << 20

    /// The JSON Schema of definition files, for editors (JSON Schema 2020-12).
    ///
    /// What `read` takes is valid by it; what it cannot say, such as that there is no cycle, only
    /// `read` finds.
    public static var schema: String {
        String(decoding: PackageResources.definition_schema_json, as: UTF8.self)
    }

    /// The definition that a file holds.
    ///
    /// - Parameters:
    ///   - text: what the file holds.
    ///   - file: its name, for the faults; `.json` at its end asks for strict JSON.
    /// - Throws: everything that keeps the definition from being registered with a coordinator of
    ///   this release, as far as it can be told without asking one.
    public static func read(
        _ text: String, file: String
    ) throws(DefinitionFileError) -> SagaDefinition {
        try source(text, file: file).definition
    }

    /// The same, with the places of the steps in the file.
    public static func source(
        _ text: String, file: String
    ) throws(DefinitionFileError) -> DefinitionSource {
        try source(text, file: file) { $0.faults() }
    }

    /// The same under other rules.
    ///
    /// - Parameter check: what is wrong with a definition once it could be read.
    package static func source(
        _ text: String, file: String, check: (SagaDefinition) -> [DefinitionFault]
    ) throws(DefinitionFileError) -> DefinitionSource {
        let document: YAMLDocument
        switch YAMLDocument.read(text, isJSON: file.lowercased().hasSuffix(".json")) {
        case .document(let read): document = read
        case .faults(let faults): throw DefinitionFileError(file: file, faults)
        }
        var reader = DefinitionReader(repeatedKeys: document.repeatedKeys)
        let definition = reader.definition(document.root)
        reader.add(check(definition))
        guard reader.faults.isEmpty else { throw DefinitionFileError(file: file, reader.faults) }
        return DefinitionSource(definition: definition, file: file, places: reader.places)
    }

    /// YAML of only what is written in a definition; reading it gives the same definition.
    ///
    /// - Parameter definition: one without faults, and without byte order marks (U+FEFF) in its
    ///   texts. What a condition compares with is read again in canonical JSON, the form
    ///   that counts.
    public static func write(_ definition: SagaDefinition) -> String {
        var writer = DefinitionWriter()
        writer.definition(definition)
        return writer.text
    }
}
