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
    /// Reads `NAME:HANDLER,OPTION,...`; waits have no jitter, so that they can be told in advance.
    init(scriptWord word: String) throws {
        let parts = word.split(separator: ",").map(String.init)
        let names = parts[0].split(separator: ":").map(String.init)
        guard names.count == 2 else { throw Script.Fault(description: "step: \(word)") }
        self.init(name: names[0], work: .handler(names[1]))
        retry = RetryPolicy(initial: .seconds(1), max: .seconds(5), jitter: 0)
        compensationRetry = RetryPolicy(initial: .seconds(1), max: .seconds(5), jitter: 0)
        for option in parts.dropFirst() {
            if option == "none" {
                isCompensated = false
            } else if let text = option.value(of: "max") {
                retry?.maxAttempts = UInt32(text)
            } else if let text = option.value(of: "initial") {
                retry?.initial = try ScriptWords.duration(text)
            } else if let text = option.value(of: "codes") {
                retry?.nonRetryableCodes = text.split(separator: "|").map(String.init)
            } else if let text = option.value(of: "undomax") {
                compensationRetry?.maxAttempts = UInt32(text)
            } else if let text = option.value(of: "close") {
                timeouts = StepTimeouts(startToClose: try ScriptWords.duration(text))
            } else if let text = option.value(of: "after") {
                after = text == "-" ? [] : text.split(separator: "+").map(String.init)
            } else {
                throw Script.Fault(description: "option: \(option)")
            }
        }
    }
}
