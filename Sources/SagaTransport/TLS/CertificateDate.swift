/// A moment of the wall clock, as certificates name it: whole seconds in UTC.
package struct CertificateDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Seconds since 1970-01-01 00:00 UTC.
    package let secondsSince1970: Int64

    /// Takes a moment.
    package init(secondsSince1970: Int64) { self.secondsSince1970 = secondsSince1970 }

    /// Earlier first.
    package static func < (left: CertificateDate, right: CertificateDate) -> Bool {
        left.secondsSince1970 < right.secondsSince1970
    }

    private static let secondsOfDay: Int64 = 86_400

    func advanced(byDays days: Int64) -> CertificateDate {
        CertificateDate(secondsSince1970: secondsSince1970 + days * Self.secondsOfDay)
    }

    /// Whole days from an earlier moment to this one.
    func days(since earlier: CertificateDate) -> Int64 {
        (secondsSince1970 - earlier.secondsSince1970) / Self.secondsOfDay
    }

    /// For people: `2026-11-21 08:14 UTC`.
    package var description: String {
        var (days, second) = secondsSince1970.quotientAndRemainder(dividingBy: Self.secondsOfDay)
        if second < 0 { (days, second) = (days - 1, second + Self.secondsOfDay) }
        let (year, month, day) = Self.date(ofDay: days)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = "\(two(second / 3600)):\(two(second / 60 % 60))"
        return "\(year)-\(two(month))-\(two(day)) \(clock) UTC"
    }

    /// The Gregorian date of a day counted from 1970-01-01, by the algorithm `civil_from_days` of
    /// Howard Hinnant ("chrono-Compatible Low-Level Date Algorithms").
    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }
}
