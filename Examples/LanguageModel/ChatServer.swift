public import Foundation
import Saga

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A model behind the chat API that OpenAI began and most local servers speak (Ollama, llama.cpp,
/// vLLM): `POST {base}/chat/completions`.
public struct ChatServer: LanguageModel {
    private let endpoint: URL
    private let model: String
    private let key: String?

    /// Takes the server from the environment; nil if it names none.
    ///
    /// - `MODEL_URL`: the base of the API, e.g. `http://127.0.0.1:11434/v1`
    /// - `MODEL_NAME`: the model, `default` without it
    /// - `MODEL_KEY`: sent as a bearer token, if there is one
    public init?(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard let base = environment["MODEL_URL"].flatMap(URL.init(string:)) else { return nil }
        endpoint = base.appending(path: "chat/completions")
        model = environment["MODEL_NAME"] ?? "default"
        key = environment["MODEL_KEY"]
    }

    public var name: String { "\(model) at \(endpoint.host() ?? "nowhere")" }

    private struct Exchange: Codable {
        struct Message: Codable {
            var role: String
            var content: String
        }

        struct Request: Codable {
            var model: String
            var messages: [Message]
        }

        struct Reply: Codable {
            struct Choice: Codable { var message: Message }
            var choices: [Choice]
        }
    }

    public func answer(_ prompt: String, as role: String) async throws -> String {
        // No time limit of its own: the step's startToClose cancels the handler, and so this call.
        var request = URLRequest(url: endpoint, timeoutInterval: 3_600)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
        request.httpBody = try JSONEncoder().encode(
            Exchange.Request(
                model: model,
                messages: [
                    Exchange.Message(role: "system", content: role),
                    Exchange.Message(role: "user", content: prompt),
                ]))
        let data: Data
        let response: URLResponse
        do {
            (data, response) = try await URLSession.shared.data(for: request)
        } catch let error as URLError where error.code != .cancelled {
            throw SagaRetry("model-unreachable", "\(name): \(error.localizedDescription)")
        }
        try Self.check(response)
        guard let reply = try? JSONDecoder().decode(Exchange.Reply.self, from: data),
            let answer = reply.choices.first?.message.content
        else { throw SagaRetry("model-unclear", "\(name) answered with something else") }
        return answer
    }

    /// What a status means for the step that asked.
    private static func check(_ response: URLResponse) throws {
        guard let response = response as? HTTPURLResponse else { return }
        let after = response.value(forHTTPHeaderField: "Retry-After").flatMap(Double.init)
            .map { Duration.seconds($0) }
        switch response.statusCode {
        case 200..<300: return
        // Nothing is wrong, and nothing was done: it counts against no limit of attempts.
        case 429: throw SagaNotYet(after: after ?? .seconds(1))
        case 500...: throw SagaRetry("model-failed", "HTTP \(response.statusCode)", after: after)
        case let status: throw SagaFailure("model-refused", "HTTP \(status)")
        }
    }
}
