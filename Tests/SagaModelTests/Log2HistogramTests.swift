import Testing

@testable import SagaModel

/// Numbers counted by powers of two.
@Suite struct Log2HistogramTests {
    @Test(
        arguments: [
            (0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (7, 3), (8, 4), (1_000, 10), (1 << 46, 47),
            (Int64.max, 47), (-5, 0),
        ] as [(Int64, Int)])
    func bucket(_ number: Int64, _ place: Int) {
        var histogram = Log2Histogram()
        histogram.count(number)
        #expect(histogram.buckets.firstIndex { $0 > 0 } == place)
        #expect(histogram.count == 1 && histogram.max == UInt64(max(0, number)))
        #expect(histogram.quantile(0.5) == histogram.max)
    }

    /// Never below the true one, and never twice it or more.
    @Test(arguments: [0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1])
    func quantiles(_ share: Double) {
        var histogram = Log2Histogram()
        var numbers: [UInt64] = []
        var seed: UInt64 = 7
        for _ in 0..<5_000 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = (seed >> 33) % (1 << (seed >> 60))
            numbers.append(number)
            histogram.count(Int64(number))
        }
        numbers.sort()
        let rank = max(1, Int((Double(numbers.count) * share).rounded(.up)))
        let exact = numbers[rank - 1]
        let told = histogram.quantile(share)
        #expect(told >= exact && told < max(1, exact * 2), "\(told) for \(exact)")
        #expect(histogram.sum == numbers.reduce(0, +))
    }

    @Test func nothingCounted() {
        #expect(Log2Histogram().quantile(0.99) == 0 && Log2Histogram().count == 0)
    }

    @Test func whatAnotherProcessCounted() {
        var histogram = Log2Histogram()
        for number in 0..<100 { histogram.count(Int64(number)) }
        #expect(
            Log2Histogram(buckets: histogram.buckets, sum: histogram.sum, max: histogram.max)
                == histogram)
        #expect(Log2Histogram(buckets: Array(repeating: 1, count: 49), sum: 1, max: 1) == nil)
    }
}
