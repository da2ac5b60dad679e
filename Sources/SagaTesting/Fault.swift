internal import Saga

/// What goes wrong with a handler's call in a test.
public struct Fault: Sendable, CustomStringConvertible {
    enum Kind: Sendable {
        case `throw`(any Error)
        case throwAfter(any Error)
        case loseReply
        case delay(Duration)
        case crash
        case crashBefore
    }

    let kind: Kind

    /// The handler is not called; this is thrown in its place. With a `SagaFailure` that is a
    /// business *no*, with any other error the effect is in doubt.
    public static func `throw`(_ error: any Error) -> Fault { Fault(kind: .throw(error)) }

    /// The handler runs and takes effect, then this is thrown in place of what it returned.
    ///
    /// Not with a `SagaFailure`, which would say that there was no effect.
    public static func throwAfter(_ error: any Error) -> Fault {
        precondition(!(error is SagaFailure), "a SagaFailure says that there was no effect")
        return Fault(kind: .throwAfter(error))
    }

    /// The handler runs and takes effect, and its answer never arrives: the attempt ends when its
    /// startToClose is over.
    public static let loseReply = Fault(kind: .loseReply)

    /// The handler is called so much later, in virtual time, and also if nobody waits for its
    /// answer by then: a late attempt, which must have no effect if a newer one or the undo had.
    public static func delay(_ duration: Duration) -> Fault { Fault(kind: .delay(duration)) }

    /// The handler runs and takes effect, then its process ends before the answer leaves. Another
    /// process follows a second later. A process serves the handlers with the same first part of
    /// their names.
    public static let crash = Fault(kind: .crash)

    /// The process ends before the handler is called.
    public static let crashBefore = Fault(kind: .crashBefore)

    /// The fault in words.
    public var description: String {
        switch kind {
        case .throw(let error): "throws \(error) in place of running"
        case .throwAfter(let error): "runs and then throws \(error)"
        case .loseReply: "runs and its reply is lost"
        case .delay(let duration): "is called \(duration) later"
        case .crash: "runs and then its process ends"
        case .crashBefore: "finds its process ended"
        }
    }
}
