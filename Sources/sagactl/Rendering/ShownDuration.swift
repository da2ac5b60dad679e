internal import SagaModel

/// Durations as people read them.
enum ShownDuration {
    /// Two units at most: `420 us`, `71 ms`, `1.2 s`, `36 s`, `2m 14s`, `3h 05m`, `2d 04h`.
    ///
    /// What is below zero, by clocks that do not agree, is shown as no time.
    static func long(_ duration: Duration) -> String {
        let microseconds = max(0, duration.microseconds)
        let milliseconds = microseconds / 1_000
        let seconds = milliseconds / 1_000
        if microseconds == 0 { return "0 ms" }
        if milliseconds == 0 { return "\(microseconds) us" }
        if seconds == 0 { return "\(milliseconds) ms" }
        if seconds < 10 {
            let tenths = milliseconds / 100 % 10
            return tenths == 0 ? "\(seconds) s" : "\(seconds).\(tenths) s"
        }
        if seconds < 60 { return "\(seconds) s" }
        let minutes = seconds / 60
        if minutes < 60 { return "\(minutes)m \(padded(seconds % 60))s" }
        let hours = minutes / 60
        if hours < 24 { return "\(hours)h \(padded(minutes % 60))m" }
        return "\(hours / 24)d \(padded(hours % 24))h"
    }

    /// One unit: `71 ms`, `36 s`, `11m`, `3h`, `2d`.
    static func short(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.microseconds / 1_000)
        let seconds = milliseconds / 1_000
        if seconds == 0 { return "\(milliseconds) ms" }
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3_600 { return "\(seconds / 60)m" }
        if seconds < 86_400 { return "\(seconds / 3_600)h" }
        return "\(seconds / 86_400)d"
    }

    private static func padded(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}

/// Numbers as people read them.
enum ShownNumber {
    /// With commas between thousands: `1,284`.
    static func count(_ number: some BinaryInteger) -> String {
        let digits = Array(String(number))
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0, digits[place - 1] != "-" { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A number of things: `1 step`, `4 steps`.
    static func of(_ number: some BinaryInteger, _ noun: String) -> String {
        "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// Bytes in the largest unit that leaves a whole: `512 B`, `6.0 GiB`.
    static func bytes(_ bytes: UInt64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        guard bytes >= 1_024 else { return "\(bytes) B" }
        var rest = bytes
        var place = 0
        while rest >= 1_024 * 1_024 {
            rest /= 1_024
            place += 1
        }
        return "\(rest / 1_024).\(rest % 1_024 * 10 / 1_024) \(units[place])"
    }

    /// How often: `once`, `14 times`.
    static func times(_ number: some BinaryInteger) -> String {
        number == 1 ? "once" : "\(count(number)) times"
    }
}
