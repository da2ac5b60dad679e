/// How many messages go each way in a call of a method.
package enum MethodKind: Equatable, Sendable, CaseIterable {
    case unary
    case clientStreaming
    case serverStreaming
    case bidirectional

    /// Whether a request is one message.
    package var takesOne: Bool {
        switch self {
        case .unary, .serverStreaming: true
        case .clientStreaming, .bidirectional: false
        }
    }

    /// Whether a response is one message.
    package var givesOne: Bool {
        switch self {
        case .unary, .clientStreaming: true
        case .serverStreaming, .bidirectional: false
        }
    }
}

/// Counts the messages of one side of a call, where exactly one is to come.
///
/// What breaks this is UNIMPLEMENTED on either side (gRPC's `statuscodes.md`, cardinality
/// violations): the two sides have different ideas of the method.
struct Cardinality: Equatable, Sendable {
    private var wantsOne: Bool
    private var hasOne = false

    /// Counts for a side that sends one message, or for one that may send any number.
    init(one wantsOne: Bool) { self.wantsOne = wantsOne }

    /// Takes a message into account; false: it is one too many.
    mutating func message() -> Bool {
        guard wantsOne else { return true }
        defer { hasOne = true }
        return !hasOne
    }

    /// Whether the messages may be over now.
    var mayEnd: Bool { !wantsOne || hasOne }
}

extension RPCStatus {
    /// A server was sent more than one message where one is to come.
    static let tooManyRequests = RPCStatus(
        .unimplemented, "more than one message in the request of a method that takes one")
    /// A server was sent no message where one is to come.
    static let noRequest = RPCStatus(
        .unimplemented, "no message in the request of a method that takes one")
    /// A client was sent more than one message where one is to come.
    package static let tooManyResponses = RPCStatus(
        .unimplemented, "more than one message in the response of a method that gives one")
    /// A client was sent no message where one is to come.
    package static let noResponse = RPCStatus(
        .unimplemented, "no message in the response of a method that gives one")
}
