/// Durations as people write and read them: `250ms`, `10s`, `1h30m`.
package enum DurationText {
    /// The units, longest first, in milliseconds; a text uses each at most once, in this order.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Reads whole numbers with units, longest unit first, without spaces; nil for anything else
    /// and for what 64 bits of milliseconds cannot hold.
    package static func parse(_ text: String) -> Duration? {
        var rest = text.utf8[...]
        var allowed = units[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(letters.count)
            guard let number = Int64(Substring(digits)),
                let place = allowed.firstIndex(where: { $0.name.utf8.elementsEqual(letters) })
            else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(
                by: allowed[place].milliseconds)
            let (sum, carried) = total.addingReportingOverflow(product)
            guard !overflow, !carried else { return nil }
            total = sum
            allowed = allowed[(place + 1)...]
        }
        return .milliseconds(total)
    }

    /// The shortest text that `parse` reads as this duration.
    ///
    /// What is no whole number of milliseconds is shown with a fraction, what is below zero with a
    /// minus sign; neither can be read back, and no valid definition holds it.
    package static func text(_ duration: Duration) -> String {
        guard duration >= .zero else { return "-" + text(.zero - duration) }
        let (seconds, attoseconds) = duration.components
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        var rest = seconds
        var text = ""
        for unit in units.dropLast() {
            let (count, remainder) = rest.quotientAndRemainder(
                dividingBy: unit.milliseconds / 1_000)
            if count > 0 { text += "\(count)\(unit.name)" }
            rest = remainder
        }
        let (milliseconds, fraction) = attoseconds.quotientAndRemainder(
            dividingBy: attosecondsPerMillisecond)
        if fraction > 0 {
            var digits = String(fraction + attosecondsPerMillisecond).dropFirst()
            while digits.last == "0" { digits.removeLast() }
            text += "\(milliseconds).\(digits)ms"
        } else if milliseconds > 0 {
            text += "\(milliseconds)ms"
        }
        return text.isEmpty ? "0s" : text
    }
}
