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

extension Instant {
    /// Reads a date, `2026-11-21`, or a time in UTC, `2026-11-21T08:31:05Z` with or without a
    /// fraction; nil for anything else.
    package init?(iso8601 text: String) {
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let date = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard date.count == 3, let year = Self.number(date[0], digits: 4),
            let month = Self.number(date[1], digits: 2), (1...12).contains(month),
            let day = Self.number(date[2], digits: 2), day >= 1,
            day <= Self.days(inMonth: month, of: year)
        else { return nil }
        var microseconds = Self.days(year, month, day) * 86_400_000_000
        if parts.count == 2 {
            guard let time = Self.timeOfDay(parts[1]) else { return nil }
            microseconds += time
        }
        self.init(microseconds: microseconds)
    }

    /// `08:31:05Z` or `08:31:05.020Z` as microseconds.
    private static func timeOfDay(_ text: Substring) -> Int64? {
        guard text.last == "Z" else { return nil }
        let parts = text.dropLast().split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let clock = parts[0].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let hours = number(clock[0], digits: 2), hours < 24,
            let minutes = number(clock[1], digits: 2), minutes < 60,
            let seconds = number(clock[2], digits: 2), seconds < 60
        else { return nil }
        var microseconds = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000
        if parts.count == 2 {
            let digits = parts[1].prefix(6)
            guard !parts[1].isEmpty, parts[1].allSatisfy({ $0.isASCII && $0.isNumber }),
                let fraction = Int64(digits + String(repeating: "0", count: 6 - digits.count))
            else { return nil }
            microseconds += fraction
        }
        return microseconds
    }

    private static func number(_ text: Substring, digits: Int) -> Int64? {
        guard text.utf8.count == digits, text.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            return nil
        }
        return Int64(text)
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        let next = month == 12 ? days(year + 1, 1, 1) : days(year, month + 1, 1)
        return next - days(year, month, 1)
    }

    /// Days since 1970, by Howard Hinnant's `days_from_civil`.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
