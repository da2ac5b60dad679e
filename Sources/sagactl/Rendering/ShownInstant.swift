internal import SagaModel

/// Moments as people read them, in UTC.
enum ShownInstant {
    /// Date and time to the second: `2026-11-21 08:14:02`.
    static func full(_ instant: Instant) -> String { instant.readable }

    /// The time alone on the day it is looked at, else with the date.
    static func brief(_ instant: Instant, seenAt now: Instant) -> String {
        let text = instant.readable
        let day = text.prefix { $0 != " " }
        guard now.readable.hasPrefix(day) else { return text }
        return String(text.dropFirst(day.count + 1))
    }

    /// How long ago: `3m ago`.
    static func ago(_ instant: Instant, seenAt now: Instant) -> String {
        ShownDuration.short(now - instant) + " ago"
    }
}
