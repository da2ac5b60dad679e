/// Where in a definition something stands: a field, a place in a list, a member of a map.
///
/// Structured, because it is told in three ways: a file maps it to line and column, the SDK prints
/// it, the service answers with a protobuf field path.
package struct DefinitionPath: Hashable, Sendable, CustomStringConvertible {
    /// One part of the way.
    package enum Component: Hashable, Sendable {
        /// A field of a message.
        case field(DefinitionField)
        /// A place in a list, from 0.
        case index(Int)
        /// A member of a map, or a key that is no field.
        case member(String)
    }

    /// The way from the whole definition; none for the whole.
    package let components: [Component]

    /// Makes a path of its parts.
    package init(_ components: [Component] = []) {
        self.components = components
    }

    /// The path of a field of the definition itself.
    package static func field(_ field: DefinitionField) -> DefinitionPath {
        DefinitionPath([.field(field)])
    }

    /// The path of a step.
    package static func step(_ index: Int) -> DefinitionPath {
        DefinitionPath([.field(.steps), .index(index)])
    }

    /// The path of a field of what stands here.
    package func field(_ field: DefinitionField) -> DefinitionPath {
        DefinitionPath(components + [.field(field)])
    }

    /// The path of an element of the list that stands here.
    package func index(_ index: Int) -> DefinitionPath {
        DefinitionPath(components + [.index(index)])
    }

    /// The path of a member of the map that stands here.
    package func member(_ name: String) -> DefinitionPath {
        DefinitionPath(components + [.member(name)])
    }

    /// The path of what this stands in; nil for the whole definition.
    package var parent: DefinitionPath? {
        components.isEmpty ? nil : DefinitionPath(components.dropLast())
    }

    /// Which step this is or belongs to; nil for a field of the definition itself.
    package var stepIndex: Int? {
        guard components.count >= 2, components[0] == .field(.steps),
            case .index(let index) = components[1]
        else { return nil }
        return index
    }

    /// Whether this is the other path, or the other one leads through it.
    package func contains(_ other: DefinitionPath) -> Bool {
        other.components.starts(with: components)
    }

    /// The field as a message about its step or definition names it: `retry.maxAttempts`, but
    /// `startToClose` alone, which no other field is called.
    package var label: String {
        var rest = components[...]
        if stepIndex != nil { rest = rest.dropFirst(2) }
        if rest.count > 1, rest.first == .field(.timeouts) { rest = rest.dropFirst() }
        var names: [String] = []
        for component in rest {
            switch component {
            case .field(let field): names.append(field.rawValue)
            case .member(let name): names.append(ShownText.word(name))
            case .index: continue
            }
        }
        return names.joined(separator: ".")
    }

    /// As people write it: `steps[2].timeouts.startToClose`.
    package var description: String { joined(\.rawValue, list: "", map: "") }

    /// As protobuf names it: `steps[2].timeouts.start_to_close`.
    package var protoPath: String { joined(\.protoName, list: ".names", map: ".map.members") }

    /// - Parameters:
    ///   - list: what leads from the field `after` to its list.
    ///   - map: what leads from a mapping to its members.
    private func joined(
        _ name: (DefinitionField) -> String, list: String, map: String
    ) -> String {
        var text = ""
        for (place, component) in components.enumerated() {
            switch component {
            case .field(let field):
                if !text.isEmpty { text += "." }
                text += name(field)
            case .index(let index):
                if place > 0, components[place - 1] == .field(.after) { text += list }
                text += "[\(index)]"
            case .member(let member):
                if map.isEmpty {
                    if !text.isEmpty { text += "." }
                    text += ShownText.word(member)
                } else {
                    text += "\(map)[\(ShownText.word(member))]"
                }
            }
        }
        return text
    }
}
