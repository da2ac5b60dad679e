internal import SagaModel

/// One decision on many sagas, as people see it.
enum ManyDrawing {
    private static let barWidth = 20
    /// How many definitions are counted one by one.
    private static let definitionsNamed = 8

    /// `1,284 sagas match: order v3 1,270, order v2 14; waiting since 07:31:00`.
    static func match(_ rows: [SagaRow], at now: Instant) -> String {
        var counts: [(name: String, count: Int)] = []
        for row in rows {
            let name = "\(row.definition) v\(row.version)"
            if let place = counts.firstIndex(where: { $0.name == name }) {
                counts[place].count += 1
            } else {
                counts.append((name, 1))
            }
        }
        counts.sort { ($1.count, $0.name) < ($0.count, $1.name) }
        var parts = counts.prefix(definitionsNamed).map {
            "\($0.name) \(ShownNumber.count($0.count))"
        }
        let others = counts.dropFirst(definitionsNamed).reduce(0) { $0 + $1.count }
        if others > 0 { parts.append("others \(ShownNumber.count(others))") }
        let verb = rows.count == 1 ? "matches" : "match"
        let oldest = rows.map { $0.stateSince ?? $0.startedAt }.min() ?? now
        return "\(ShownNumber.of(rows.count, "saga")) \(verb): \(parts.joined(separator: ", ")); "
            + "waiting since \(ShownInstant.brief(oldest, seenAt: now))"
    }

    /// `retry all 1,284, at most 50 a second, about 26 s?`.
    static func question(_ verb: String, _ count: Int, rate: Int) -> String {
        let seconds = (count + rate - 1) / rate
        return "\(verb) all \(ShownNumber.count(count)), at most \(ShownNumber.count(rate)) a "
            + "second, about \(ShownDuration.short(.seconds(seconds)))?"
    }

    /// `████████░░░░  512 of 1,284  50/s`.
    static func progress(_ tally: ManyTally, rate: Int, _ screen: Screen) -> String {
        bar(tally, screen) + "  \(ShownNumber.count(tally.tried)) of "
            + "\(ShownNumber.count(tally.all))  at most \(ShownNumber.count(rate))/s"
    }

    /// `1,284 of 1,284: 1,281 done, 3 refused (listed above)`.
    static func end(_ tally: ManyTally, _ screen: Screen) -> String {
        let refused =
            tally.refused == 0
            ? "" : ", \(ShownNumber.count(tally.refused)) refused (listed above)"
        let bar = screen.showsProgress ? bar(tally, screen) + "  " : ""
        return bar + "\(ShownNumber.count(tally.tried)) of \(ShownNumber.count(tally.all)): "
            + "\(ShownNumber.count(tally.done)) done\(refused)"
    }

    /// A saga as people name it.
    static func name(_ row: SagaRow) -> String {
        row.key.isEmpty ? "\(row.definition) \(row.id)" : "\(row.definition)/\(row.key)"
    }

    private static func bar(_ tally: ManyTally, _ screen: Screen) -> String {
        let full = tally.all == 0 ? 0 : tally.tried * barWidth / tally.all
        let (on, off) = screen.errorStyle.isUTF8 ? ("█", "░") : ("#", ".")
        return String(repeating: on, count: full) + String(repeating: off, count: barWidth - full)
    }
}
