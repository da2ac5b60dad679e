package import SagaRPC

/// A method that is served by an async function, of one of the four kinds of call.
///
/// The function runs on the event loop of its connection, from the call's first byte to its first
/// wait without a hop; whatever takes long by itself belongs elsewhere, as in
/// `withTaskExecutorPreference(globalConcurrentExecutor)`. One that only calls `Task.yield()` keeps
/// the loop too: SwiftNIO runs all that is ready before it looks at sockets. It is cancelled when
/// the caller cancels, its deadline passes, or the connection is lost.
///
/// What it returns is the answer. A thrown `RPCStatus` ends the call with that status, a thrown
/// `CancellationError` with CANCELLED, and anything else with UNKNOWN and no word about it.
package struct AsyncMethod: Sendable {
    /// One message in, one out.
    package typealias Unary = @Sendable ([UInt8], ServerCall) async throws -> [UInt8]
    /// Messages in, one out.
    package typealias ClientStreaming =
        @Sendable (RequestMessages, ServerCall) async throws -> [UInt8]
    /// One message in, messages out.
    package typealias ServerStreaming =
        @Sendable ([UInt8], ResponseWriter, ServerCall) async throws -> Void
    /// Messages both ways, in any order.
    package typealias Bidirectional =
        @Sendable (RequestMessages, ResponseWriter, ServerCall) async throws -> Void

    enum Function: Sendable {
        case unary(Unary)
        case clientStreaming(ClientStreaming)
        case serverStreaming(ServerStreaming)
        case bidirectional(Bidirectional)

    }

    /// The path, `/package.Service/Method`.
    package let path: String
    let function: Function

    /// How many messages go each way.
    package var kind: MethodKind {
        switch function {
        case .unary: .unary
        case .clientStreaming: .clientStreaming
        case .serverStreaming: .serverStreaming
        case .bidirectional: .bidirectional
        }
    }

    /// Whether the function begins when its one message is there, not when the call does.
    var waitsForItsMessage: Bool { kind.takesOne }

    /// Serves a unary method.
    package static func unary(_ path: String, _ serve: @escaping Unary) -> AsyncMethod {
        AsyncMethod(path: path, function: .unary(serve))
    }

    /// Serves a method to which the caller sends a stream.
    package static func clientStreaming(
        _ path: String, _ serve: @escaping ClientStreaming
    ) -> AsyncMethod {
        AsyncMethod(path: path, function: .clientStreaming(serve))
    }

    /// Serves a method that answers with a stream.
    package static func serverStreaming(
        _ path: String, _ serve: @escaping ServerStreaming
    ) -> AsyncMethod {
        AsyncMethod(path: path, function: .serverStreaming(serve))
    }

    /// Serves a method with a stream each way.
    package static func bidirectional(
        _ path: String, _ serve: @escaping Bidirectional
    ) -> AsyncMethod {
        AsyncMethod(path: path, function: .bidirectional(serve))
    }
}
