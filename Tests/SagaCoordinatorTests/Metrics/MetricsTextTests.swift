import SagaModel
import Testing

@testable import SagaCoordinator

/// Prometheus' text format.
@Suite struct MetricsTextTests {
    @Test func aMetricWithLabels() {
        var text = MetricsText()
        text.begin(.started)
        text.add(.started, [("definition", "a\"b\\c\nd"), ("x", "")], 7)
        text.add(.started, [], 8)
        #expect(
            text.text == """
                # HELP saga_started_total Sagas started, children of other sagas too.
                # TYPE saga_started_total counter
                saga_started_total{definition="a\\"b\\\\c\\nd",x=""} 7
                saga_started_total 8

                """)
    }

    /// Each bucket counts what is below its end, those before it too.
    @Test func aHistogramOfTimes() {
        var histogram = Log2Histogram()
        for microseconds in [0, 7, 8, 15, 16, 1_000_000] as [Int64] {
            histogram.count(microseconds)
        }
        var text = MetricsText()
        text.add(.journalSync, [("a", "b")], histogram, .seconds(from: 3, through: 5, by: 1))
        #expect(
            text.text == """
                saga_journal_sync_seconds_bucket{a="b",le="8e-06"} 2
                saga_journal_sync_seconds_bucket{a="b",le="1.6e-05"} 4
                saga_journal_sync_seconds_bucket{a="b",le="3.2e-05"} 5
                saga_journal_sync_seconds_bucket{a="b",le="+Inf"} 6
                saga_journal_sync_seconds_sum{a="b"} 1.000046
                saga_journal_sync_seconds_count{a="b"} 6

                """)
    }

    @Test func aHistogramOfNumbers() {
        var histogram = Log2Histogram()
        for number in [1, 2, 3, 4] as [Int64] { histogram.count(number) }
        var text = MetricsText()
        text.add(.journalBatch, [], histogram, .numbers(through: 3))
        #expect(
            text.text == """
                saga_journal_batch_records_bucket{le="1"} 1
                saga_journal_batch_records_bucket{le="3"} 3
                saga_journal_batch_records_bucket{le="7"} 4
                saga_journal_batch_records_bucket{le="+Inf"} 4
                saga_journal_batch_records_sum 10
                saga_journal_batch_records_count 4

                """)
    }

    /// Nothing counted is a histogram too, with the same buckets.
    @Test func anEmptyHistogram() {
        var text = MetricsText()
        text.add(.duration, [], Log2Histogram(), .seconds(from: 1, through: 2, by: 1))
        #expect(text.text.split(separator: "\n").count == 5)
        #expect(text.text.contains("saga_duration_seconds_bucket{le=\"4e-06\"} 0\n"))
    }
}
