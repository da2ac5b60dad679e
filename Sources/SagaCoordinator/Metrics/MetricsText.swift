internal import SagaModel

/// Metrics in Prometheus' text format, version 0.0.4
/// (prometheus.io/docs/instrumenting/exposition_formats).
struct MetricsText {
    /// The text so far.
    private(set) var text = ""

    /// The Content-Type of the format.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// A name with its value, as it stands behind a metric's name.
    typealias Label = (name: String, value: String)

    /// Begins a metric: all its samples follow at once.
    mutating func begin(_ metric: Metric) {
        text += "# HELP \(metric.name) \(metric.help)\n"
        text += "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
    }

    /// Adds a sample that is a whole number.
    mutating func add(_ metric: Metric, _ labels: [Label], _ value: UInt64) {
        line(metric.name, labels, "\(value)")
    }

    /// Adds a sample in seconds.
    mutating func add(_ metric: Metric, _ labels: [Label] = [], seconds: Double) {
        line(metric.name, labels, "\(seconds)")
    }

    /// A metric with one sample.
    mutating func whole(_ metric: Metric, _ value: UInt64?) {
        guard let value else { return }
        begin(metric)
        add(metric, [], value)
    }

    /// Adds a histogram.
    ///
    /// - Parameters:
    ///   - labels: those of all its samples.
    ///   - histogram: what was counted.
    ///   - bounds: the powers of two of which the buckets are the upper ends.
    mutating func add(
        _ metric: Metric, _ labels: [Label] = [], _ histogram: Log2Histogram, _ bounds: Bounds
    ) {
        var before: UInt64 = 0
        var next = 0
        for power in bounds.powers {
            while next <= power, next < histogram.buckets.count {
                before += histogram.buckets[next]
                next += 1
            }
            line(metric.name + "_bucket", labels + [("le", bounds.text(of: power))], "\(before)")
        }
        let count = histogram.count
        line(metric.name + "_bucket", labels + [("le", "+Inf")], "\(count)")
        line(metric.name + "_sum", labels, bounds.sum(histogram.sum))
        line(metric.name + "_count", labels, "\(count)")
    }

    /// The buckets that a histogram is shown with; they are fixed, whatever was counted.
    enum Bounds {
        /// Microseconds, shown as seconds: every so many powers of two, from one to another.
        case seconds(from: Int, through: Int, by: Int)
        /// Whole numbers, from 1 on.
        case numbers(through: Int)

        /// 0.5 ms to 2 min, for what an attempt or a wait takes.
        static let attempts = seconds(from: 9, through: 27, by: 1)
        /// 1 ms to 13 days, for what a saga takes.
        static let sagas = seconds(from: 10, through: 40, by: 2)
        /// 8 us to 16 s, for syncs.
        static let syncs = seconds(from: 3, through: 24, by: 1)
        /// 32 us to 67 s, for calls.
        static let calls = seconds(from: 5, through: 26, by: 1)

        fileprivate var powers: [Int] {
            switch self {
            case .seconds(let first, let last, let step):
                Array(stride(from: first, through: last, by: step))
            case .numbers(let last): Array(1...last)
            }
        }

        /// What is counted below a power of two: of times also what lies between two microseconds.
        fileprivate func text(of power: Int) -> String {
            switch self {
            case .seconds: "\(Double(UInt64(1) << power) / 1_000_000)"
            case .numbers: "\((UInt64(1) << power) - 1)"
            }
        }

        fileprivate func sum(_ sum: UInt64) -> String {
            switch self {
            case .seconds: "\(Double(sum) / 1_000_000)"
            case .numbers: "\(sum)"
            }
        }
    }

    private mutating func line(_ name: String, _ labels: [Label], _ value: String) {
        text += name
        for (place, label) in labels.enumerated() {
            text += place == 0 ? "{" : ","
            text += label.name
            text += "=\""
            for character in label.value.unicodeScalars {
                switch character {
                case "\\": text += "\\\\"
                case "\"": text += "\\\""
                case "\n": text += "\\n"
                default: text.unicodeScalars.append(character)  // any other character of a name
                }
            }
            text += "\""
        }
        text += labels.isEmpty ? " " : "} "
        text += value
        text += "\n"
    }
}
