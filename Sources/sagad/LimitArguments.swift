internal import ArgumentParser
internal import SagaHTTP2
internal import SagaModel

/// A time that something may take: `10s`, `1m30s`, `1d`.
struct TimeArgument: ExpressibleByArgument {
    let duration: Duration

    /// Longer ones are meant as never, and this is never enough.
    private static let longest = Duration.seconds(10 * 365 * 86_400)

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument),
            duration > .zero, duration <= Self.longest
        else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { DurationText.text(duration) }
}

/// A number of bytes: `65536`, `64KiB`, `16MiB`.
struct BytesArgument: ExpressibleByArgument {
    let count: Int

    private static let units: [(name: String, shift: Int)] = [("MiB", 20), ("KiB", 10), ("", 0)]

    init(_ count: Int) { self.count = count }

    init?(argument: String) {
        for unit in Self.units where argument.hasSuffix(unit.name) {
            guard let number = Int(argument.dropLast(unit.name.count)),
                (0...(Int.max >> (unit.shift + 1))).contains(number)
            else { return nil }
            count = number << unit.shift
            return
        }
        return nil
    }

    var defaultValueDescription: String {
        for unit in Self.units where count > 0 && count.trailingZeroBitCount >= unit.shift {
            return "\(count >> unit.shift)\(unit.name)"
        }
        return "\(count)"
    }
}

/// How many of something a peer may do: `100,10` is a hundred at once, and ten a second in the long
/// run.
struct RateArgument: ExpressibleByArgument {
    let limit: RateLimit

    private static let range = 1...1_000_000_000

    init(_ limit: RateLimit) { self.limit = limit }

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false)
            .compactMap { Int($0) }.filter(Self.range.contains)
        guard numbers.count == 2, argument.count(where: { $0 == "," }) == 1 else { return nil }
        limit = RateLimit(burst: numbers[0], perSecond: numbers[1])
    }

    var defaultValueDescription: String { "\(limit.burst),\(limit.perSecond)" }
}

extension ArgumentHelp {
    /// The help of one of the many limits, which are shown on demand only.
    static func limit(_ text: String, _ valueName: String) -> ArgumentHelp {
        ArgumentHelp(stringLiteral: text).with(valueName)
    }

    private func with(_ valueName: String) -> ArgumentHelp {
        var help = self
        help.valueName = valueName
        help.visibility = .hidden
        return help
    }
}
