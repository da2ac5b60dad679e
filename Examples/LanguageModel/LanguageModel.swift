/// What answers prompts: a model behind an HTTP API, or what stands in for one.
///
/// It throws what handlers throw, so a handler lets it pass: `SagaNotYet` where it is asked too
/// often, `SagaRetry` where it fails or cannot be reached, `SagaFailure` where it will not answer.
public protocol LanguageModel: Sendable {
    /// Who answers, for people.
    var name: String { get }

    /// Answers a prompt.
    ///
    /// - Parameters:
    ///   - prompt: what is asked.
    ///   - role: who the model is to be.
    func answer(_ prompt: String, as role: String) async throws -> String
}
