package import SagaModel

extension AttemptOutcome {
    /// What an error that a handler threw says to the coordinator.
    ///
    /// Only a `SagaFailure` means that there was no effect. What is none of the SDK's own errors is
    /// in doubt, and tried again.
    package init(thrown error: any Error) {
        switch error {
        case let failure as SagaFailure:
            self = .failed(Self.failure(failure))
        case let retry as SagaRetry: self = Self.retry(retry)
        case let notYet as SagaNotYet: self = .notYet(after: max(Limits.shortestWait, notYet.after))
        case let deferred as SagaDeferred:
            self = .deferred(within: deferred.within.map { max(Limits.shortestWait, $0) })
        case let hold as SagaHold:
            let reason = Self.cut(hold.reason, at: Limits.holdReasonBytes)
            self = .hold(reason: reason.isEmpty ? "unnamed" : reason)
        case is FencedAttempt: self = .hold(reason: FencedAttempt.reason)
        default:
            self = .retry(
                Failure(
                    code: Self.code(String(describing: type(of: error))),
                    message: Self.message(String(describing: error))),
                after: nil)
        }
    }

    /// Input or output that the handler could not be given: it was not called.
    ///
    /// It is a `retry` and never a `failed`: that is the handler's word alone. So it is seen on
    /// the saga, mended by a participant that reads the value, and else goes back as in doubt.
    static func notDecodable(_ what: String, _ error: any Error) -> AttemptOutcome {
        .retry(
            Failure(
                code: "\(what)-not-decodable",
                message: message("the \(what) does not fit the handler's type: \(error)")),
            after: nil)
    }

    /// A transient error, as the wire takes it.
    static func retry(_ thrown: SagaRetry) -> AttemptOutcome {
        .retry(
            Failure(code: code(thrown.code), message: message(thrown.message)),
            after: thrown.after.map { max(.zero, $0) })
    }

    /// A business *no*, as the wire takes it.
    static func failure(_ thrown: SagaFailure) -> Failure {
        var failure = Failure(code: code(thrown.code), message: message(thrown.message))
        guard let details = thrown.details else { return failure }
        do {
            failure.details = try ValueJSON.encode(details)
        } catch {
            failure.message = message(
                "\(thrown.message) (details left out: they cannot be encoded: \(error))")
        }
        return failure
    }

    private static func code(_ text: String) -> String {
        text.isEmpty ? "unnamed" : cut(text, at: Limits.failureCodeBytes)
    }

    private static func message(_ text: String) -> String {
        cut(text, at: Limits.failureMessageBytes)
    }

    /// At most so many bytes of UTF-8, cut between characters, and without NUL, which no text on
    /// the wire may have.
    static func cut(_ text: String, at limit: Int) -> String {
        if text.utf8.contains(0) {
            let shown = text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : Character($0) }
            return cut(String(shown), at: limit)
        }
        guard text.utf8.count > limit else { return text }
        var cut = ""
        var count = 0
        for character in text {
            count += character.utf8.count
            guard count <= limit else { break }
            cut.append(character)
        }
        return cut
    }
}
