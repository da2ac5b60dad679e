public import SagaModel

/// A definition with the places in its file, for what is found out about it only later, such as a
/// handler that no participant offers.
public struct DefinitionSource: Sendable {
    /// The definition, of what was written only.
    public let definition: SagaDefinition
    /// The file as it was named by whoever read it.
    public let file: String
    private let places: [DefinitionPath: SourceLocation]

    init(
        definition: SagaDefinition, file: String, places: [DefinitionPath: SourceLocation]
    ) {
        self.definition = definition
        self.file = file
        self.places = places
    }

    /// Where a step begins; nil if there is no such step.
    ///
    /// - Parameter index: the place of the step in `definition.steps`.
    public func location(ofStep index: Int) -> SourceLocation? {
        places[.step(index)]
    }

    /// Where a field stands, or what it would stand in if it was not written.
    package func location(of path: DefinitionPath) -> SourceLocation {
        places.nearest(to: path)
    }
}

extension [DefinitionPath: SourceLocation] {
    /// The place of a path, else that of the nearest thing around it; the whole definition has one.
    func nearest(to path: DefinitionPath) -> SourceLocation {
        var next: DefinitionPath? = path
        while let path = next {
            if let place = self[path] { return place }
            next = path.parent
        }
        return SourceLocation(line: 1, column: 1)
    }
}
