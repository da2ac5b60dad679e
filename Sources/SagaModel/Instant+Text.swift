extension Instant {
    /// The instant as RFC 3339 writes it, in UTC to the millisecond: `2026-11-21T08:31:05.020Z`.
    package var iso8601: String {
        let date = calendarDate
        let clock = clockTime
        let milliseconds = Self.padded(clock.milliseconds, to: 3)
        return "\(date)T\(clock.text).\(milliseconds)Z"
    }

    /// The instant for people, in UTC to the second: `2026-11-21 08:31:05`.
    package var readable: String { "\(calendarDate) \(clockTime.text)" }

    private var calendarDate: String {
        let (year, month, day) = Self.civil(days: daysSince1970)
        return "\(Self.padded(year, to: 4))-\(Self.padded(month, to: 2))-\(Self.padded(day, to: 2))"
    }

    /// The time of day: hours, minutes and seconds as text, and what is left.
    private var clockTime: (text: String, milliseconds: Int64) {
        let inDay = microseconds - daysSince1970 * 86_400_000_000
        let seconds = inDay / 1_000_000
        let parts = [seconds / 3_600, seconds / 60 % 60, seconds % 60]
        let text = parts.map { Self.padded($0, to: 2) }.joined(separator: ":")
        return (text, inDay / 1_000 % 1_000)
    }

    private var daysSince1970: Int64 {
        let day: Int64 = 86_400_000_000
        return microseconds >= 0 ? microseconds / day : (microseconds - day + 1) / day
    }

    private static func padded(_ number: Int64, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// The date of a day in the proleptic Gregorian calendar, by Howard Hinnant's
    /// `civil_from_days`.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
