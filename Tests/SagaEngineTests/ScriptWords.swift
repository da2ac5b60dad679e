import SagaModel

/// The words of one command of a script.
struct ScriptWords {
    private var words: ArraySlice<String>

    init(_ line: String) {
        words = line.split(separator: " ").map(String.init)[...]
    }

    mutating func next(_ what: String) throws -> String {
        guard let word = words.popFirst() else {
            throw Script.Fault(description: "\(what) is missing")
        }
        return word
    }

    mutating func rest() -> [String] {
        defer { words = [] }
        return Array(words)
    }

    mutating func number() throws -> UInt64 {
        guard let number = UInt64(try next("number")) else {
            throw Script.Fault(description: "a number is missing")
        }
        return number
    }

    mutating func session() throws -> SessionID {
        guard let number = UInt64(try next("session").dropFirst()) else {
            throw Script.Fault(description: "a session is missing")
        }
        return SessionID(number)
    }

    mutating func duration() throws -> Duration { try Self.duration(try next("duration")) }

    /// `5s`, `200ms`.
    static func duration(_ text: String) throws -> Duration {
        if text.hasSuffix("ms"), let number = Int64(text.dropLast(2)) {
            return .milliseconds(number)
        }
        guard text.hasSuffix("s"), let number = Int64(text.dropLast()) else {
            throw Script.Fault(description: "no duration: \(text)")
        }
        return .seconds(number)
    }
}

extension String {
    /// The value of `NAME=VALUE`.
    func value(of name: String) -> String? {
        hasPrefix(name + "=") ? String(dropFirst(name.count + 1)) : nil
    }
}

extension StepDefinition {
    /// Reads `NAME:HANDLER,OPTION,...`, or `NAME:@CHILD,..` for a child saga; waits have no jitter,
    /// so that they can be told in advance.
    init(scriptWord word: String) throws {
        let parts = word.split(separator: ",").map(String.init)
        let names = parts[0].split(separator: ":").map(String.init)
        guard names.count == 2 else { throw Script.Fault(description: "step: \(word)") }
        self.init(name: names[0], work: .handler(names[1]))
        if names[1].hasPrefix("@") {
            let child = names[1].dropFirst().split(separator: "@").map(String.init)
            work = .saga(name: child[0], version: child.count > 1 ? UInt32(child[1]) : nil)
        }
        retry = RetryPolicy(initial: .seconds(1), max: .seconds(5), jitter: 0)
        compensationRetry = RetryPolicy(initial: .seconds(1), max: .seconds(5), jitter: 0)
        for option in parts.dropFirst() { try self.option(option) }
    }

    private mutating func option(_ option: String) throws {
        if try flag(option) { return }
        let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw Script.Fault(description: "option: \(option)") }
        let text = parts[1]
        switch parts[0] {
        case "max": retry?.maxAttempts = UInt32(text)
        case "initial": retry?.initial = try ScriptWords.duration(text)
        case "codes": retry?.nonRetryableCodes = text.split(separator: "|").map(String.init)
        case "undomax": compensationRetry?.maxAttempts = UInt32(text)
        case "after": after = text == "-" ? [] : text.split(separator: "+").map(String.init)
        case "delay": delay = try ScriptWords.duration(text)
        case "input": input = try DataSource(scriptWord: text)
        case "when", "unless", "exists", "missing": when = try Condition(parts[0], text)
        case "close", "start", "all", "heartbeat":
            let time = try ScriptWords.duration(text)
            var limits = timeouts ?? StepTimeouts()
            if parts[0] == "close" { limits.startToClose = time }
            if parts[0] == "start" { limits.scheduleToStart = time }
            if parts[0] == "all" { limits.scheduleToClose = time }
            if parts[0] == "heartbeat" { limits.heartbeat = time }
            timeouts = limits
        case let other: throw Script.Fault(description: "option: \(other)")
        }
    }

    private mutating func flag(_ option: String) throws -> Bool {
        switch option {
        case "none": isCompensated = false
        case "pivot": isPivot = true
        case "optional": onFailure = .continue
        case _: return false
        }
        return true
    }
}

extension DataSource {
    /// `REF`, or `a=REF+b=REF` for an object.
    init(scriptWord word: String) throws {
        var members: [String: Reference] = [:]
        for part in word.split(separator: "+") {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard let reference = Reference(pair[pair.count - 1]) else {
                throw Script.Fault(description: "no reference: \(word)")
            }
            if pair.count == 1 {
                self = .reference(reference)
                return
            }
            members[pair[0]] = reference
        }
        self = .map(members)
    }
}

extension Condition {
    /// `when=REF==JSON`, `unless=REF==JSON`, `exists=REF`, `missing=REF`.
    init(_ kind: String, _ text: String) throws {
        let parts = text.split(separator: "=", omittingEmptySubsequences: true).map(String.init)
        guard let reference = Reference(parts[0]) else {
            throw Script.Fault(description: "no reference: \(text)")
        }
        switch kind {
        case "when": self.init(reference: reference, test: .equals(parts[1]))
        case "unless": self.init(reference: reference, test: .notEquals(parts[1]))
        case "exists": self.init(reference: reference, test: .exists(true))
        case _: self.init(reference: reference, test: .exists(false))
        }
    }
}
