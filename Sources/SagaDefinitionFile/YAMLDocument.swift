internal import SagaModel
internal import Yams

/// The one document of a text as a tree of nodes with marks.
struct YAMLDocument {
    /// What became of a text.
    enum Reading {
        case document(YAMLDocument)
        /// Nothing further can be said about the text.
        case faults([LocatedFault])
    }

    /// How many repeated keys are looked for before the rest is given up.
    private static let maximumRepairs = 100

    let root: Node
    /// Keys that are written again in the same mapping: where each but the last one stands, and
    /// what it was.
    let repeatedKeys: [SourceLocation: String]

    static func read(_ text: String, isJSON: Bool) -> Reading {
        let size = text.utf8.count
        if size > DefinitionFile.maximumBytes {
            return .faults([
                LocatedFault(
                    location: SourceLocation(line: 1, column: 1),
                    message: "the file has \(size) bytes; at most \(DefinitionFile.maximumBytes)")
            ])
        }
        var lines = SourceText(text)
        let doubtful = lines.doubtfulCharacters()
        if !doubtful.isEmpty { return .faults(doubtful) }
        if isJSON, let fault = lines.jsonFault() { return .faults([fault]) }
        return compose(&lines)
    }

    /// The parser stops at a repeated key. So that all other faults are found too, its first place
    /// is made another key of the same length, which moves no mark, and the text is read again.
    private static func compose(_ lines: inout SourceText) -> Reading {
        var repeated: [SourceLocation: String] = [:]
        while true {
            do {
                guard let root = try Parser(yaml: lines.text, encoding: .utf8).singleRoot() else {
                    return .faults([
                        LocatedFault(
                            location: SourceLocation(line: 1, column: 1),
                            message: "the file is empty; a definition has name, version and steps")
                    ])
                }
                return .document(YAMLDocument(root: root, repeatedKeys: repeated))
            } catch let YamlError.duplicatedKeysInMapping(keys, context) {
                let place = SourceLocation(context.mark)
                let isNew = repeated.updateValue(keys[0], forKey: place) == nil
                if isNew, repeated.count < maximumRepairs,
                    lines.disguiseKey(at: place, number: repeated.count)
                {
                    continue
                }
            } catch {
                if repeated.isEmpty { return .faults([fault(error, in: lines)]) }
            }
            return .faults(
                repeated.map { place, key in
                    LocatedFault(
                        location: place,
                        message: "key \(ShownText.word(key)) is written more than once")
                })
        }
    }

    private static func fault(_ error: any Error, in lines: SourceText) -> LocatedFault {
        let start = SourceLocation(line: 1, column: 1)
        guard let error = error as? YamlError else {
            return LocatedFault(location: start, message: "this is not YAML: \(error)")
        }
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _):
            let place = SourceLocation(mark)
            if lines.isTab(at: place) {
                return LocatedFault(
                    location: place, message: "a tab stands here; YAML is indented with spaces")
            }
            let around = context.map { context in
                " (\(context.text) that begins at \(SourceLocation(context.mark)))"
            }
            return LocatedFault(
                location: place, message: "this is not YAML: \(problem)\(around ?? "")")
        case .composer(let context, let problem, let mark, _):
            let message =
                context == nil
                ? "this is not YAML: \(problem)" : "a second document begins here; a file holds one"
            return LocatedFault(location: SourceLocation(mark), message: message)
        case .reader(let problem, let offset, let value, _):
            let place = offset.map { lines.location(ofCharacter: $0) }
            let code = String(value, radix: 16, uppercase: true)
            return LocatedFault(
                location: place ?? start, message: "this is not YAML: \(problem) (U+\(code))")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded,
            .duplicatedKeysInMapping:
            return LocatedFault(location: start, message: "this is not YAML: \(error)")
        }
    }
}

extension SourceLocation {
    init(_ mark: Mark) {
        self.init(line: mark.line, column: mark.column)
    }
}
