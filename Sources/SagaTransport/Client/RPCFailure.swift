package import SagaRPC

/// A call that ended with a status other than OK.
package struct RPCFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The status, and what is known beside it.
    package let end: ClientCallEnd

    init(end: ClientCallEnd) { self.end = end }

    /// A failure that this side finds in what the server has answered.
    init(_ status: RPCStatus) {
        end = ClientCallEnd(status, reach: .answered)
    }

    /// The status code.
    package var code: RPCCode { end.status.code }
    /// The status text, for people.
    package var message: String { end.status.message }
    /// A serialized `google.rpc.Status`; empty for none.
    package var details: [UInt8] { end.status.details }
    /// What came in the trailers beside the status.
    package var metadata: Metadata { end.metadata }
    /// Whether the call may be made again without harm.
    package var reach: CallReach { end.reach }
    /// Why there was no connection, each address once, if that is how the call ended.
    package var connectFailures: [ConnectFailure] { end.connectFailures }

    /// Code and text, for people.
    package var description: String {
        message.isEmpty ? code.name : "\(code.name): \(message)"
    }
}
