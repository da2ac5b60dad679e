internal import SagaModel

/// Keeps the log readable when many sagas need attention at a time.
struct AttentionLog {
    /// When the first was told of that is counted.
    private var began = Instant(microseconds: .min)
    private var told = 0
    /// How many were left out since.
    private(set) var untold = 0
    /// The timer after which that number is told; nil while none is left out.
    var timer: TimerID?

    /// Whether one more is told of.
    mutating func takes(_ now: Instant, atMost limit: Int, within window: Duration) -> Bool {
        if untold == 0, began.microseconds == .min || now - began >= window {
            began = now
            told = 0
        }
        guard told < limit else {
            untold += 1
            return false
        }
        told += 1
        return true
    }

    /// When a time that began with the first is over.
    func end(of window: Duration) -> Instant { began + window }

    /// The number of those that were left out is told.
    mutating func takeUntold() -> Int {
        defer { self = AttentionLog() }
        return untold
    }
}

extension Engine {
    /// Tells the log why a person should look at a saga, unless it was told of many just now.
    mutating func log(_ attention: Attention, of saga: SagaInstance) {
        let (limit, window) = (limits.attentionLogged, limits.attentionLogWindow)
        guard attentionLog.takes(now, atMost: limit, within: window) else {
            if attentionLog.timer == nil {
                attentionLog.timer = timers.set(
                    .attentionUntold, at: attentionLog.end(of: window))
            }
            return
        }
        let isHeld = attention.reason == .held
        want(
            .fact(
                .attentionRaised(
                    saga.facts.id, attention.reason, step: attention.step,
                    code: isHeld ? "" : attention.lastFailure?.code ?? "",
                    said: isHeld ? attention.lastFailure?.message ?? "" : "")))
    }

    mutating func tellUntold() {
        want(.fact(.attentionUntold(attentionLog.takeUntold())))
    }
}
