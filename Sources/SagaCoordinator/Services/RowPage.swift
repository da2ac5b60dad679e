/// Some rows of a list that is sorted by a key: those behind the last row of the page before, so
/// that whoever follows the pages sees each row that stays once, whatever changes beside it.
struct RowPage<Row> {
    /// The rows.
    private(set) var rows: [Row] = []
    /// Whether others follow.
    private(set) var goesOn = false

    /// Takes the rows of a page.
    ///
    /// - Parameters:
    ///   - all: all rows in order.
    ///   - isBehind: whether a row comes after the page before.
    ///   - size: how many rows there are at most.
    ///   - bytes: how many bytes they take at most; a single row may take more.
    ///   - measure: about how many bytes a row takes.
    init(
        of all: some Sequence<Row>, where isBehind: (Row) -> Bool, size: UInt32, bytes: Int,
        measure: (Row) -> Int
    ) {
        var left = bytes
        for row in all where isBehind(row) {
            left -= measure(row)
            if rows.count >= Int(size) || (left < 0 && !rows.isEmpty) {
                goesOn = true
                return
            }
            rows.append(row)
        }
    }
}
