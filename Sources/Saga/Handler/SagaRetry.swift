/// A transient error: the effect is in doubt, and the step is tried again with the same key.
///
/// Any other error that a handler throws means the same, with the name of its type as the code.
public struct SagaRetry: Error, Sendable, CustomStringConvertible {
    /// What programs look at, and what `nonRetryableCodes` of a policy match; cut at 128 bytes.
    public var code: String
    /// What people read; cut at 4 KiB.
    public var message: String
    /// How long to wait before the next attempt, in place of the policy's backoff.
    public var after: Duration?

    /// Makes a transient error.
    public init(_ code: String, _ message: String = "", after: Duration? = nil) {
        self.code = code
        self.message = message
        self.after = after
    }

    /// `CODE: MESSAGE`.
    public var description: String { message.isEmpty ? code : "\(code): \(message)" }
}
