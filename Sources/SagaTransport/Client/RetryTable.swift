internal import SagaRPC

/// Which calls a channel makes again by itself when they have failed.
package enum RetryRule: CaseIterable, Hashable, Sendable {
    /// None.
    case never
    /// Those that no server has looked at: harmless for any method.
    case unseen
    /// Also those that a server's first and only word refused as UNAVAILABLE; for methods that may
    /// be carried out twice, which is what that status asks its callers for.
    case unavailable
}

/// Decides whether a call that failed is made again: rows of conditions, of which exactly one
/// holds in each case.
struct RetryTable {
    /// What the end of a call says about the server.
    enum Sight: CaseIterable, Hashable, Sendable {
        /// No server has looked at it: its request never left, or a GOAWAY or REFUSED_STREAM says
        /// so.
        case neverSeen
        /// It was refused as UNAVAILABLE without a head before.
        case refused
        /// It was cancelled, ended by its deadline, answered, or nobody knows.
        case otherwise
    }

    /// All that the decision depends on.
    struct Facts: Hashable, Sendable {
        var rule: RetryRule
        var sight: Sight
        /// Everything that was sent is still at hand.
        var canBeSentAgain: Bool
        /// The call was not sent as often as is allowed.
        var hasAttemptsLeft: Bool
        /// Time is left before the deadline, behind the wait if there is one.
        var hasTimeLeft: Bool
        /// Not so many calls were refused lately that trying again would add to an overload.
        var hasBudget: Bool
        var isShutDown: Bool

        /// Whether the rule speaks of such an end.
        var isCovered: Bool {
            switch rule {
            case .never: false
            case .unseen: sight == .neverSeen
            case .unavailable: sight != .otherwise
            }
        }
    }

    enum Verdict: Hashable, Sendable {
        case end
        /// Behind those that wait already.
        case again
        /// Behind a wait.
        case againLater
    }

    /// One row; nil is any value.
    struct Case: Sendable {
        let letter: Character
        var sights: Set<Sight>
        var isCovered: Bool?
        var isShutDown: Bool?
        var canBeSentAgain: Bool?
        var hasAttemptsLeft: Bool?
        var hasTimeLeft: Bool?
        var hasBudget: Bool?
        let verdict: Verdict

        func holds(_ facts: Facts) -> Bool {
            sights.contains(facts.sight)
                && (isCovered ?? facts.isCovered) == facts.isCovered
                && (isShutDown ?? facts.isShutDown) == facts.isShutDown
                && (canBeSentAgain ?? facts.canBeSentAgain) == facts.canBeSentAgain
                && (hasAttemptsLeft ?? facts.hasAttemptsLeft) == facts.hasAttemptsLeft
                && (hasTimeLeft ?? facts.hasTimeLeft) == facts.hasTimeLeft
                && (hasBudget ?? facts.hasBudget) == facts.hasBudget
        }
    }

    private static let either: Set<Sight> = [.neverSeen, .refused]

    /// The rows: A to G end the call, H and I make it again.
    static let cases: [Case] = [
        Case(letter: "A", sights: [.otherwise], verdict: .end),
        Case(letter: "B", sights: either, isCovered: false, verdict: .end),
        Case(letter: "C", sights: either, isCovered: true, isShutDown: true, verdict: .end),
        Case(
            letter: "D", sights: either, isCovered: true, isShutDown: false,
            canBeSentAgain: false, verdict: .end),
        Case(
            letter: "E", sights: either, isCovered: true, isShutDown: false,
            canBeSentAgain: true, hasAttemptsLeft: false, verdict: .end),
        Case(
            letter: "F", sights: either, isCovered: true, isShutDown: false,
            canBeSentAgain: true, hasAttemptsLeft: true, hasTimeLeft: false, verdict: .end),
        Case(
            letter: "G", sights: [.refused], isCovered: true, isShutDown: false,
            canBeSentAgain: true, hasAttemptsLeft: true, hasTimeLeft: true, hasBudget: false,
            verdict: .end),
        Case(
            letter: "H", sights: [.neverSeen], isCovered: true, isShutDown: false,
            canBeSentAgain: true, hasAttemptsLeft: true, hasTimeLeft: true, verdict: .again),
        Case(
            letter: "I", sights: [.refused], isCovered: true, isShutDown: false,
            canBeSentAgain: true, hasAttemptsLeft: true, hasTimeLeft: true, hasBudget: true,
            verdict: .againLater),
    ]

    /// What becomes of a call.
    static func verdict(_ facts: Facts) -> Verdict {
        guard let row = cases.first(where: { $0.holds(facts) }) else {
            preconditionFailure("no row for \(facts)")
        }
        return row.verdict
    }
}

/// Keeps refused calls from adding to an overload: each takes a token, each success gives a tenth
/// of one back, and with half of them gone nothing is made again (gRPC's proposal A6, retry
/// throttling).
struct RetryBudget: Equatable, Sendable {
    /// Tenths of tokens.
    private var tenths: Int
    private let most: Int

    init(tokens: Int) {
        precondition(tokens > 0, "a budget of nothing")
        most = tokens * 10
        tenths = most
    }

    /// Whether a refused call may be made again.
    var allows: Bool { tenths > most / 2 }

    mutating func refused() { tenths = max(0, tenths - 10) }

    mutating func succeeded() { if tenths < most { tenths += 1 } }
}
