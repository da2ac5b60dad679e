import Saga

/// A model for machines that have none: it answers by a function, always the same.
///
/// With a `busy` time it is a model that limits its rate, too: whatever it is asked for the first
/// time, it says to ask again later.
public actor StandIn: LanguageModel {
    public nonisolated let name = "a stand-in"
    private let busy: Duration?
    private let answer: @Sendable (String) -> String
    private var asked: Set<String> = []
    /// How often it was asked.
    public private(set) var calls = 0

    /// Makes a stand-in of what it answers to a prompt.
    public init(busy: Duration? = nil, answer: @escaping @Sendable (String) -> String) {
        self.busy = busy
        self.answer = answer
    }

    public func answer(_ prompt: String, as role: String) throws -> String {
        calls += 1
        if let busy, asked.insert(prompt).inserted { throw SagaNotYet(after: busy) }
        return answer(prompt)
    }
}
