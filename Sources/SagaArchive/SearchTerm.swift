internal import SagaCoordinator
internal import SagaModel

/// What sagas are found by: a text for each value that a filter can name.
///
/// A letter for the kind, the namespace, U+001F, the value. A namespace and a name hold no U+001F,
/// and the name of a label has its length before it, so two terms are never the same text.
enum SearchTerm {
    static func state(_ namespace: String, _ state: SagaState) -> String {
        kind("s", namespace) + state.label
    }

    static func definition(_ namespace: String, _ name: String) -> String {
        kind("d", namespace) + name
    }

    static func version(_ namespace: String, _ name: String, _ version: UInt32) -> String {
        kind("v", namespace) + "\(name)@\(version)"
    }

    static func key(_ namespace: String, _ key: String) -> String { kind("k", namespace) + key }

    static func label(_ namespace: String, _ label: Label) -> String {
        labels(namespace, label.name) + label.value
    }

    static func labels(_ namespace: String, _ name: String) -> String {
        kind("l", namespace) + "\(name.utf8.count):\(name)\u{1F}"
    }

    static func participant(_ namespace: String, _ name: String) -> String {
        kind("p", namespace) + name
    }

    /// - Parameter instance: as tasks show it, `payments/p-1`.
    static func instance(_ namespace: String, _ instance: String) -> String {
        kind("i", namespace) + instance
    }

    static func handler(_ namespace: String, _ handler: String) -> String {
        kind("h", namespace) + handler
    }

    static func failureCode(_ namespace: String, _ code: String) -> String {
        kind("f", namespace) + code
    }

    static func parent(_ namespace: String, _ parent: SagaID) -> String {
        kind("c", namespace) + "\(parent)"
    }

    private static func kind(_ letter: String, _ namespace: String) -> String {
        "\(letter)\(namespace)\u{1F}"
    }

    /// What all terms of a group begin with; behind it stands what is counted by.
    static func prefix(of group: SagaGroup, _ namespace: String) -> String {
        switch group {
        case .state: kind("s", namespace)
        case .definition: kind("d", namespace)
        case .version: kind("v", namespace)
        case .failureCode: kind("f", namespace)
        case .participant: kind("p", namespace)
        case .handler: kind("h", namespace)
        case .label(let name): labels(namespace, name)
        }
    }
}

extension ArchivedSaga {
    /// Everything that it is found by.
    var terms: [String] {
        var terms = [
            SearchTerm.state(namespace, state), SearchTerm.definition(namespace, definition),
            SearchTerm.version(namespace, definition, version),
        ]
        if !key.isEmpty { terms.append(SearchTerm.key(namespace, key)) }
        terms += labels.map { SearchTerm.label(namespace, $0) }
        terms += failureCodes.map { SearchTerm.failureCode(namespace, $0) }
        terms += handlers.map { SearchTerm.handler(namespace, $0) }
        terms += instances.map { SearchTerm.instance(namespace, $0) }
        var names: [Substring] = []
        for instance in instances {
            let name = instance.prefix { $0 != "/" }
            if !names.contains(name) { names.append(name) }
        }
        terms += names.map { SearchTerm.participant(namespace, String($0)) }
        if let parent { terms.append(SearchTerm.parent(namespace, parent)) }
        return terms
    }
}

extension SagaFilter {
    /// Whether sagas are meant that completed, as nearly all do.
    var takesCompleted: Bool { states.isEmpty || states.contains(.completed) }

    /// What a saga has to have of each row, the rarest kinds first; there is always a row that
    /// names states that end a saga, and it is the last one where nearly all have one of them.
    var terms: [[String]] {
        var terms: [[String]] = []
        if let parent { terms.append([SearchTerm.parent(namespace, parent)]) }
        if !key.isEmpty { terms.append([SearchTerm.key(namespace, key)]) }
        terms += labels.map { [SearchTerm.label(namespace, $0)] }
        if !failureCode.isEmpty { terms.append([SearchTerm.failureCode(namespace, failureCode)]) }
        let rare = terms.count
        if let participant {
            terms.append([
                participant.instance.isEmpty
                    ? SearchTerm.participant(namespace, participant.name)
                    : SearchTerm.instance(
                        namespace, "\(participant.name)/\(participant.instance)")
            ])
        }
        if let version {
            terms.append([SearchTerm.version(namespace, definition, version)])
        } else if !definition.isEmpty {
            terms.append([SearchTerm.definition(namespace, definition)])
        }
        if !handler.isEmpty { terms.append([SearchTerm.handler(namespace, handler)]) }
        let ended = SagaState.allCases.filter {
            $0.isEnded && (states.isEmpty || states.contains($0))
        }
        let row = ended.map { SearchTerm.state(namespace, $0) }
        // Nearly all sagas complete; of the others there are few, so they come before handlers,
        // definitions and participants, which thousands have.
        if takesCompleted {
            terms.append(row)
        } else {
            terms.insert(row, at: rare)
        }
        return terms
    }
}
