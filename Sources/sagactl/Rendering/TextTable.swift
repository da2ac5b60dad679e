/// Rows in columns: each column as wide as its widest cell, nothing at the end of a line.
struct TextTable {
    /// Where the text of a column stands.
    enum Alignment {
        case left
        /// For numbers and times, which people compare.
        case right
    }

    private let alignments: [Alignment]
    private let gap: Int
    private let indentation: Int
    private var rows: [[StyledText]] = []

    /// Makes a table without rows.
    ///
    /// - Parameters:
    ///   - alignments: one for each column.
    ///   - gap: how many spaces stand between columns.
    ///   - indentation: how many stand before the first.
    init(_ alignments: [Alignment], gap: Int = 2, indentation: Int = 0) {
        self.alignments = alignments
        self.gap = gap
        self.indentation = indentation
    }

    /// Makes a table with a line of headings.
    init(_ columns: [(heading: String, alignment: Alignment)]) {
        self.init(columns.map(\.alignment))
        add(columns.map { StyledText($0.heading, .dim) })
    }

    /// Adds a row. The last cell of a row that is shorter than the table takes the rest of the
    /// line: it neither widens its column nor is aligned.
    mutating func add(_ row: [StyledText]) {
        precondition(
            row.count <= alignments.count, "\(row.count) cells, \(alignments.count) columns")
        rows.append(row)
    }

    /// The lines of the table.
    func lines(_ style: Style) -> [String] {
        let widths = alignments.indices.map { column in
            rows.map { row in
                column < row.count && !takesRest(column, of: row) ? row[column].width : 0
            }.max() ?? 0
        }
        return rows.map { row in line(row, widths, style) }
    }

    private func takesRest(_ column: Int, of row: [StyledText]) -> Bool {
        column == row.count - 1 && row.count < alignments.count
    }

    private func line(_ row: [StyledText], _ widths: [Int], _ style: Style) -> String {
        var line = ""
        // Spaces are owed until something follows them.
        var owed = indentation
        for (column, cell) in row.enumerated() {
            let room = takesRest(column, of: row) ? 0 : widths[column] - cell.width
            if alignments[column] == .right { owed += room }
            if !cell.isEmpty {
                line += String(repeating: " ", count: owed) + cell.text(style)
                owed = 0
            }
            if alignments[column] == .left { owed += room }
            owed += gap
        }
        return line
    }
}
