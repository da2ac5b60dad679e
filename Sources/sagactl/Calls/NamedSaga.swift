internal import SagaModel

/// How people name a saga: by its id or as `DEFINITION/KEY`.
enum NamedSaga: Hashable, Sendable, CustomStringConvertible {
    case id(SagaID)
    case key(definition: String, key: String)

    /// Reads either form; everything behind the first slash is the key.
    init?(_ text: String) {
        if let id = SagaID(text) {
            self = .id(id)
            return
        }
        guard let slash = text.firstIndex(of: "/") else { return nil }
        let key = text[text.index(after: slash)...]
        guard DefinitionNames.isName(text[..<slash]), !key.isEmpty else { return nil }
        self = .key(definition: String(text[..<slash]), key: String(key))
    }

    var description: String {
        switch self {
        case .id(let id): id.description
        case .key(let definition, let key): "\(definition)/\(key)"
        }
    }
}
