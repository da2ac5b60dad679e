import Testing

@testable import SagaCoordinator

/// Pages of a list have each row once, and none is larger than it may be.
struct RowPageTests {
    @Test func pagesHaveEachRowOnce() {
        let all = Array(0..<10)
        for (size, bytes, wanted) in [
            (UInt32(4), 1_000, [4, 4, 2]), (10, 1_000, [10]), (100, 30, [3, 3, 3, 1]),
            // One that is too large by itself is a page of its own.
            (100, 5, Array(repeating: 1, count: 10)), (1, 0, Array(repeating: 1, count: 10)),
        ] {
            var last = -1
            var counts: [Int] = []
            var seen: [Int] = []
            var goesOn = true
            while goesOn, counts.count < 20 {
                let page = RowPage(
                    of: all, where: { $0 > last }, size: size, bytes: bytes, measure: { _ in 10 })
                counts.append(page.rows.count)
                seen += page.rows
                last = page.rows.last ?? last
                goesOn = page.goesOn
            }
            #expect(counts == wanted && seen == all)
        }
    }

    @Test func anEmptyListHasOnePage() {
        let page = RowPage(
            of: [Int](), where: { _ in true }, size: 10, bytes: 10, measure: { _ in 1 })
        #expect(page.rows == [] && !page.goesOn)
    }
}
