internal import CSagaProtos
internal import SagaModel

/// What an attempt ended with.
extension EncodingArena {
    /// An outcome.
    mutating func outcome(
        _ outcome: AttemptOutcome
    ) -> UnsafeMutablePointer<Saga__V1__Outcome> {
        // SAFETY: the message lives in this arena until the next reset; with each member of a union
        // its case is set.
        let message = unsafe make(saga__v1__outcome__init)
        switch outcome {
        case .succeeded(let output):
            unsafe message.pointee.kind_case = SAGA__V1__OUTCOME__KIND_SUCCEEDED
            unsafe message.pointee.succeeded = presentPayload(output)
        case .failed(let failure):
            unsafe message.pointee.kind_case = SAGA__V1__OUTCOME__KIND_FAILED
            unsafe message.pointee.failed = self.failure(failure)
        case .retry(let failure, let after):
            let retry = unsafe make(saga__v1__retry__init)
            unsafe retry.pointee.failure = self.failure(failure)
            unsafe retry.pointee.after = duration(after)
            unsafe message.pointee.kind_case = SAGA__V1__OUTCOME__KIND_RETRY
            unsafe message.pointee.retry = retry
        case .notYet(let after):
            let notYet = unsafe make(saga__v1__not_yet__init)
            unsafe notYet.pointee.after = duration(after)
            unsafe message.pointee.kind_case = SAGA__V1__OUTCOME__KIND_NOT_YET
            unsafe message.pointee.not_yet = notYet
        case .deferred(let within):
            let deferred = unsafe make(saga__v1__deferred__init)
            unsafe deferred.pointee.within = duration(within)
            unsafe message.pointee.kind_case = SAGA__V1__OUTCOME__KIND_DEFERRED
            unsafe message.pointee.deferred = deferred
        case .hold(let reason):
            let hold = unsafe make(saga__v1__hold__init)
            unsafe hold.pointee.reason = text(reason)
            unsafe message.pointee.kind_case = SAGA__V1__OUTCOME__KIND_HOLD
            unsafe message.pointee.hold = hold
        case .refused(let output):
            let refused = unsafe make(saga__v1__refused__init)
            let reason = RefusedReason(output.reason)
            unsafe refused.pointee.reason = reason.wireNumber
            unsafe refused.pointee.message = text(reason.message(of: output.reason))
            unsafe refused.pointee.size = output.size
            unsafe refused.pointee.limit = output.limit
            unsafe message.pointee.kind_case = SAGA__V1__OUTCOME__KIND_REFUSED
            unsafe message.pointee.refused = refused
        case .unknown(let cause):
            let unknown = unsafe make(saga__v1__unknown__init)
            unsafe unknown.pointee.cause = cause.wireNumber
            unsafe message.pointee.kind_case = SAGA__V1__OUTCOME__KIND_UNKNOWN
            unsafe message.pointee.unknown = unknown
        case .declined(let reason):
            let declined = unsafe make(saga__v1__declined__init)
            unsafe declined.pointee.reason = reason.wireNumber
            unsafe message.pointee.kind_case = SAGA__V1__OUTCOME__KIND_DECLINED
            unsafe message.pointee.declined = declined
        }
        return unsafe message
    }
}

extension MessageReader {
    /// An outcome that a participant may state.
    static func outcome(
        _ message: UnsafeMutablePointer<Saga__V1__Outcome>, _ path: StaticString,
        _ limits: CodecLimits
    ) throws(CodecFailure) -> AttemptOutcome {
        // SAFETY: the case says which member of the union is set; what it points to lives in the
        // arena.
        switch unsafe message.pointee.kind_case {
        case SAGA__V1__OUTCOME__KIND_SUCCEEDED:
            return .succeeded(
                try unsafe payload(message.pointee.succeeded, path, "succeeded", limits))
        case SAGA__V1__OUTCOME__KIND_FAILED:
            return .failed(
                try unsafe failure(message.pointee.failed, path, "failed", limits))
        case SAGA__V1__OUTCOME__KIND_RETRY:
            let retry = try unsafe required(message.pointee.retry, path, "retry")
            return try unsafe .retry(
                failure(retry.pointee.failure, path, "retry.failure", limits),
                after: wait(retry.pointee.after, path, "retry.after"))
        case SAGA__V1__OUTCOME__KIND_REFUSED:
            let refused = try unsafe required(message.pointee.refused, path, "refused")
            let reason: RefusedReason = try unsafe value(
                refused.pointee.reason, path, "refused.reason")
            let said = try unsafe text(refused.pointee.message, path, "refused.message")
            return unsafe .refused(
                OutputRefused(
                    reason: reason.text(with: cut(said, to: limits.failureMessageBytes)),
                    size: refused.pointee.size, limit: refused.pointee.limit))
        case SAGA__V1__OUTCOME__KIND_DECLINED:
            let declined = try unsafe required(message.pointee.declined, path, "declined")
            return .declined(try unsafe value(declined.pointee.reason, path, "declined.reason"))
        case SAGA__V1__OUTCOME__KIND_UNKNOWN:
            throw CodecFailure(
                "\(path)unknown", .wrong("is for the coordinator alone to conclude"))
        case SAGA__V1__OUTCOME__KIND_NOT_YET:
            let notYet = try unsafe required(message.pointee.not_yet, path, "not_yet")
            guard let after = try unsafe wait(notYet.pointee.after, path, "not_yet.after"),
                after > .zero
            else { throw CodecFailure("\(path)not_yet.after", .wrong("must be above zero")) }
            return .notYet(after: after)
        case SAGA__V1__OUTCOME__KIND_DEFERRED:
            let deferred = try unsafe required(message.pointee.deferred, path, "deferred")
            return .deferred(
                within: try unsafe wait(deferred.pointee.within, path, "deferred.within"))
        case SAGA__V1__OUTCOME__KIND_HOLD:
            let hold = try unsafe required(message.pointee.hold, path, "hold")
            let reason = try unsafe text(hold.pointee.reason, path, "hold.reason")
            return .hold(reason: cut(reason, to: limits.failureMessageBytes))
        default:  // no member of the oneof is set
            throw CodecFailure("\(path)kind", .unset)
        }
    }
}

/// Why an output was not taken, as the protocol counts it; the model has it as text.
enum RefusedReason: String, CaseIterable, WireNumbered {
    case tooLarge = "too large"
    case notEncodable = "not encodable"
    case notJSON = "not JSON"

    static let wireCases = allCases

    var wireNumber: Saga__V1__RefusedReason {
        switch self {
        case .tooLarge: SAGA__V1__REFUSED_REASON__REFUSED_REASON_TOO_LARGE
        case .notEncodable: SAGA__V1__REFUSED_REASON__REFUSED_REASON_NOT_ENCODABLE
        case .notJSON: SAGA__V1__REFUSED_REASON__REFUSED_REASON_NOT_JSON
        }
    }

    /// The reason that a text begins with; any other text is one of an output that could not be
    /// encoded.
    init(_ text: String) {
        self = Self.allCases.first { text.hasPrefix($0.rawValue) } ?? .notEncodable
    }

    /// What a text says beyond the reason.
    func message(of text: String) -> String {
        guard text.hasPrefix(rawValue) else { return text }
        let rest = text.dropFirst(rawValue.count)
        return String(rest.hasPrefix(": ") ? rest.dropFirst(2) : rest)
    }

    /// The reason with what was said beyond it.
    func text(with message: String) -> String {
        message.isEmpty ? rawValue : "\(rawValue): \(message)"
    }
}
