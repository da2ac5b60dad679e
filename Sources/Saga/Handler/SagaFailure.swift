/// A business *no*, and the handler's word that there was no effect.
///
/// The step is not tried again: the saga goes back, or goes on if the step is optional. Throw it
/// only when nothing was changed; what an attempt that ended in doubt may have done is undone all
/// the same. Nothing that the SDK or the coordinator conclude is ever turned into it.
public struct SagaFailure: Error, Sendable, CustomStringConvertible {
    /// What programs look at, e.g. `card-declined`; cut at 128 bytes.
    public var code: String
    /// What people read; cut at 4 KiB.
    public var message: String
    /// More for programs, sent as JSON. What cannot be encoded or is over the limit of outputs is
    /// left out, and the message says so: the *no* is worth more than its details.
    public var details: (any Encodable & Sendable)?

    /// Makes a *no*.
    public init(
        _ code: String, _ message: String = "", details: (any Encodable & Sendable)? = nil
    ) {
        self.code = code
        self.message = message
        self.details = details
    }

    /// `CODE: MESSAGE`.
    public var description: String { message.isEmpty ? code : "\(code): \(message)" }
}
