internal import SagaModel

/// What references find in a saga's input and in the outputs of its steps.
struct SagaData {
    let saga: SagaInstance
    /// The largest value that may be made, in bytes.
    let limit: Int

    enum Found {
        /// JSON text, cut out as it stands.
        case value([UInt8])
        /// There is nothing at this place.
        case missing
        /// What it points into is not JSON.
        case notJSON
    }

    enum Decision: Equatable {
        case runs
        /// What the reference found, cut for people.
        case skips(found: String)
        case fails(Failure)
    }

    private func payload(_ reference: ResolvedReference) -> Payload? {
        let payload = reference.step.map { saga.steps[$0.rawValue].output } ?? saga.facts.input
        return payload.flatMap { $0.bytes.isEmpty ? nil : $0 }
    }

    func find(_ reference: ResolvedReference) -> Found {
        guard let payload = payload(reference) else { return .missing }
        guard payload.isJSON else { return .notJSON }
        do {
            guard let range = try reference.pointer.find(in: payload.bytes.span) else {
                return .missing
            }
            return .value(Array(payload.bytes[range]))
        } catch {
            return .notJSON
        }
    }

    /// Whether a step runs by its condition.
    func decide(_ condition: ResolvedCondition) -> Decision {
        let found = find(condition.reference)
        var value: [UInt8]?
        switch found {
        case .value(let text): value = text
        case .missing: value = nil
        case .notJSON: return .fails(.notJSON("when", condition.reference))
        }
        let isMet: Bool
        switch condition.test {
        case .equals(let wanted): isMet = canonical(value) == wanted
        case .notEquals(let other): isMet = canonical(value) != other
        case .exists(let wanted): isMet = (value != nil) == wanted
        }
        return isMet ? .runs : .skips(found: value.map(Self.shown) ?? "")
    }

    private func canonical(_ text: [UInt8]?) -> [UInt8]? {
        text.flatMap { try? JSONCanonical.canonicalize($0.span) }
    }

    /// The text of a value as far as people are shown it.
    private static func shown(_ text: [UInt8]) -> String {
        guard text.count > 256 else { return String(decoding: text, as: UTF8.self) }
        var end = 256
        while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: text[..<end], as: UTF8.self)
    }

    /// What the handler of a step gets, the same however often it is made; or why it cannot be.
    func input(of step: ResolvedStep) -> Result<Payload, InputFault> {
        guard let source = step.input else { return .success(saga.facts.input) }
        switch source {
        case .reference(let reference):
            if reference.isWhole {
                guard let payload = payload(reference) else {
                    return .failure(InputFault(.missing(reference)))
                }
                return .success(payload)
            }
            switch find(reference) {
            case .value(let text): return .success(Payload(json: text))
            case .missing: return .failure(InputFault(.missing(reference)))
            case .notJSON: return .failure(InputFault(.notJSON("input", reference)))
            }
        case .map(let members):
            var text: [UInt8] = [UInt8(ascii: "{")]
            for member in members {
                switch find(member.reference) {
                case .value(let value): append(member, value, to: &text)
                case .missing: return .failure(InputFault(.missing(member.reference)))
                case .notJSON: return .failure(InputFault(.notJSON("input", member.reference)))
                }
                guard text.count <= limit else {
                    return .failure(InputFault(.tooLarge(limit: limit)))
                }
            }
            text.append(UInt8(ascii: "}"))
            return .success(Payload(json: text))
        }
    }

    /// What a completed saga gives by its definition; what is missing is left out.
    func output(_ source: ResolvedSource) -> Payload? {
        switch source {
        case .reference(let reference):
            if reference.isWhole { return payload(reference) }
            guard case .value(let text) = find(reference) else { return nil }
            return Payload(json: text)
        case .map(let members):
            var text: [UInt8] = [UInt8(ascii: "{")]
            for member in members {
                guard case .value(let value) = find(member.reference) else { continue }
                append(member, value, to: &text)
                if text.count > limit { return nil }
            }
            text.append(UInt8(ascii: "}"))
            return Payload(json: text)
        }
    }

    private func append(
        _ member: ResolvedSource.Member, _ value: [UInt8], to text: inout [UInt8]
    ) {
        if text.count > 1 { text.append(UInt8(ascii: ",")) }
        text += member.name
        text.append(UInt8(ascii: ":"))
        text += value
    }
}

/// Why the input of a step cannot be made.
struct InputFault: Error {
    let failure: Failure

    init(_ failure: Failure) {
        self.failure = failure
    }
}

extension Failure {
    fileprivate static func missing(_ reference: ResolvedReference) -> Failure {
        Failure(
            code: "input-missing",
            message: "The input needs \(reference.written), and it is not there")
    }

    fileprivate static func notJSON(_ what: String, _ reference: ResolvedReference) -> Failure {
        Failure(
            code: "\(what)-not-json",
            message: "\(what) needs \(reference.written), and what it points into is not JSON")
    }

    fileprivate static func tooLarge(limit: Int) -> Failure {
        Failure(
            code: "input-too-large", message: "The input has more than \(limit) bytes")
    }
}

extension Payload {
    init(json text: [UInt8]) {
        self.init(contentType: Payload.json, bytes: text)
    }
}
