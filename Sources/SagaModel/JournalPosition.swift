/// The number of a record in the journal (its LSN).
///
/// The engine numbers records without gaps within a life; a position is unique in a lineage, over
/// restores too.
package struct JournalPosition: Hashable, Comparable, Sendable {
    /// The number itself; 0 stands for "no record".
    package let rawValue: UInt64

    /// Makes a position of its number.
    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Before any record.
    package static let none = JournalPosition(0)

    /// The position of the record after this one.
    package var next: JournalPosition { JournalPosition(rawValue + 1) }

    /// Positions sort in the order in which records were appended.
    package static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        left.rawValue < right.rawValue
    }
}
