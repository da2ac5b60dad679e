internal import Saga
internal import SagaModel

/// What references find, as the naive model reads it: of payloads that are flat JSON objects, as
/// all payloads of worlds are.
extension NaiveSaga {
    enum Found: Equatable {
        case value([UInt8])
        case missing
        case notJSON
    }

    /// What becomes of a step whose predecessors have all ended.
    enum Readiness {
        case runs
        case skipped
        case fails
    }

    func readiness(of place: Int) -> Readiness {
        let step = steps[place].written
        if let condition = step.when {
            let found = find(condition.reference)
            if found == .notJSON { return .fails }
            let value: [UInt8]? = if case .value(let text) = found { text } else { nil }
            let isMet =
                switch condition.test {
                case .equals(let text): value == Array(text.utf8)
                case .notEquals(let text): value != Array(text.utf8)
                case .exists(let wanted): (value != nil) == wanted
                }
            if !isMet { return .skipped }
        }
        return input(of: step) == nil ? .fails : .runs
    }

    /// What a step gets; nil if something that it needs is missing.
    func input(of step: StepDefinition) -> Payload? {
        switch step.input {
        case nil: return input
        case .reference(let reference):
            if reference.pointer.isEmpty {
                return payload(reference).flatMap { $0.bytes.isEmpty ? nil : $0 }
            }
            guard case .value(let text) = find(reference) else { return nil }
            return Payload(contentType: Payload.json, bytes: text)
        case .map(let members):
            var texts: [String] = []
            for (name, reference) in members.sorted(by: { $0.key < $1.key }) {
                guard case .value(let text) = find(reference) else { return nil }
                texts.append("\"\(name)\":" + String(decoding: text, as: UTF8.self))
            }
            let text = "{" + texts.joined(separator: ",") + "}"
            return Payload(contentType: Payload.json, bytes: Array(text.utf8))
        }
    }

    private func payload(_ reference: Reference) -> Payload? {
        if reference.source == "input" { return input }
        return steps.first { $0.written.name == reference.source }?.output
    }

    private func find(_ reference: Reference) -> Found {
        guard let payload = payload(reference), !payload.bytes.isEmpty else { return .missing }
        guard payload.contentType == Payload.json else { return .notJSON }
        if reference.pointer.isEmpty { return .value(payload.bytes) }
        let text = String(decoding: payload.bytes, as: UTF8.self)
        let name = "\"\(reference.pointer.dropFirst())\""
        // No text of a world holds a comma or a quotation mark.
        for member in text.dropFirst().dropLast().split(separator: ",") {
            guard let colon = member.firstIndex(of: ":"), member[..<colon] == name else { continue }
            return .value(Array(member[member.index(after: colon)...].utf8))
        }
        return .missing
    }
}
