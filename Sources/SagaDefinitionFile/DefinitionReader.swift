internal import SagaModel
internal import Yams

/// Makes a definition of a tree of nodes and collects all faults on the way.
///
/// What cannot be read is noted and left unset, or set to something empty where the definition
/// needs a value; faults that the rules of definitions find in such a place are dropped, since they
/// would tell the same thing twice.
struct DefinitionReader {
    /// From `YAMLDocument`.
    private let repeatedKeys: [SourceLocation: String]
    private(set) var faults: [LocatedFault] = []
    /// Where things stand: mappings, lists and values, not their keys.
    private(set) var places: [DefinitionPath: SourceLocation] = [:]
    /// What could not be read.
    private var unreadable: Set<DefinitionPath> = []
    /// What the faults are about just now, e.g. `step charge`.
    private var subject: String?

    init(repeatedKeys: [SourceLocation: String]) {
        self.repeatedKeys = repeatedKeys
    }

    /// Adds what the rules of definitions found, unless it is known already.
    mutating func add(_ found: [DefinitionFault]) {
        let lacksNames = unreadable.contains { path in
            path.stepIndex != nil
                && (path.components.count == 2 || path.components.last == .field(.name))
        }
        for fault in found {
            // A missing list has been told; without the names of all steps nothing can be said
            // about what names steps.
            if unreadable.contains(where: { $0.contains(fault.path) }) { continue }
            if lacksNames, fault.path.namesSteps { continue }
            faults.append(
                LocatedFault(
                    location: places.nearest(to: fault.path), message: fault.description))
        }
    }

    /// Reads a step under its own name.
    mutating func about<Value>(
        _ subject: String, _ read: (inout DefinitionReader) -> Value
    ) -> Value {
        self.subject = subject
        defer { self.subject = nil }
        return read(&self)
    }

    mutating func note(_ location: SourceLocation, at path: DefinitionPath) {
        places[path] = location
    }

    /// Notes that what stands at a path cannot be read.
    mutating func fault(_ node: Node, at path: DefinitionPath, _ message: String) {
        fault(node.location, message)
        unreadable.insert(path)
    }

    /// Whether something stands at a path that cannot be read.
    func isUnreadable(_ path: DefinitionPath) -> Bool { unreadable.contains(path) }

    /// Notes a fault that leaves the value readable.
    mutating func fault(_ location: SourceLocation, _ message: String) {
        let prefix = subject.map { "\($0): " } ?? ""
        faults.append(LocatedFault(location: location, message: prefix + message))
    }
}

extension DefinitionReader {
    /// The values of a mapping by their keys; nil if it is none.
    ///
    /// An unknown key that is near to a known one that is missing counts as that one, so that its
    /// value is looked at too.
    mutating func fields(
        of node: Node, at path: DefinitionPath, known: [DefinitionField], shape: String
    ) -> [DefinitionField: Node]? {
        note(node.location, at: path)
        guard case .mapping(let mapping) = node, node.isOfItsKind else {
            fault(node, at: path, shape)
            return nil
        }
        var fields: [DefinitionField: Node] = [:]
        var unknown: [(name: String, key: Node, value: Node)] = []
        for (key, value) in mapping {
            guard let scalar = key.scalar else {
                fault(key.location, "a key must be text")
                continue
            }
            if repeatedKeys[key.location] != nil { continue }
            guard let field = DefinitionField(rawValue: scalar.string), known.contains(field)
            else {
                unknown.append((scalar.string, key, value))
                continue
            }
            fields[field] = value
            note(value.location, at: path.field(field))
        }
        repetitions(in: mapping)
        for (name, key, value) in unknown {
            let near = NearestName.candidate(for: name, among: known.map(\.rawValue))
            fault(key.location, unknownKey(name, near: near, known: known))
            guard let field = near.flatMap(DefinitionField.init), fields[field] == nil else {
                continue
            }
            fields[field] = value
            note(value.location, at: path.field(field))
        }
        for (field, value) in fields where value.isMissing {
            // What a condition compares with may be null.
            if field == .equals || field == .notEquals { continue }
            let place = path.field(field)
            fault(value, at: place, "\(place.label) has no value; write one or leave the key out")
            fields[field] = nil
        }
        return fields
    }

    private func unknownKey(_ name: String, near: String?, known: [DefinitionField]) -> String {
        if name == "<<" { return "merge keys (<<) are not read; write the keys out" }
        let start = "unknown key \(ShownText.word(name)); "
        if let near { return start + "did you mean \(near)?" }
        return start + "known are \(known.map(\.rawValue).joined(separator: ", "))"
    }

    /// Tells each key that is written again, at its second and every further place.
    private mutating func repetitions(in mapping: Node.Mapping) {
        var first: [String: SourceLocation] = [:]
        for (key, _) in mapping {
            let location = key.location
            guard let name = repeatedKeys[location] ?? key.scalar?.string else { continue }
            if let earlier = first[name] {
                fault(
                    location,
                    "key \(ShownText.word(name)) is written again; first in line \(earlier.line)")
            } else {
                first[name] = location
            }
        }
    }

    /// The members of a map with names of the writer's own choice.
    mutating func members(_ mapping: Node.Mapping) -> [(name: String, value: Node)] {
        var members: [(name: String, value: Node)] = []
        for (key, value) in mapping where repeatedKeys[key.location] == nil {
            if let name = text(key, named: "a name", at: nil) { members.append((name, value)) }
        }
        repetitions(in: mapping)
        return members
    }

    /// Notes that a field must be written.
    mutating func missing(
        _ field: DefinitionField, in node: Node, at path: DefinitionPath, _ hint: String
    ) {
        let place = path.field(field)
        // One that is there and could not be read has been told.
        guard unreadable.insert(place).inserted else { return }
        fault(node.location, "\(place.label) is missing; \(hint)")
    }
}

extension Node {
    /// Where the node begins; the parser gives every node a mark.
    var location: SourceLocation {
        mark.map { SourceLocation($0) } ?? SourceLocation(line: 1, column: 1)
    }

    /// What the node is, by its tag or else by its looks.
    var tagName: Tag.Name { Tag.Name(rawValue: tag.rawValue) }

    /// Nothing written behind a key, or a null.
    var isMissing: Bool {
        guard let scalar else { return false }
        return scalar.style == .plain && tagName == .null
    }

    /// Whether no tag makes a mapping or list something else, such as a set.
    var isOfItsKind: Bool {
        switch self {
        case .mapping: tagName == .map
        case .sequence: tagName == .seq
        case .scalar, .alias: true
        }
    }
}

extension DefinitionPath {
    /// Whether names of steps stand here, or whether it is about their order.
    fileprivate var namesSteps: Bool {
        if stepIndex != nil, components.count == 2 { return true }
        return components.contains { component in
            [.field(.after), .field(.input), .field(.ref), .field(.output)].contains(component)
        }
    }
}
