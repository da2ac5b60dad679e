/// The number of a record in the journal (its LSN).
///
/// The engine numbers records without gaps within a life; a position is unique in a lineage, over
/// restores too.
@usableFromInline package struct JournalPosition: Hashable, Comparable, Sendable {
    /// The number itself; 0 stands for "no record".
    @usableFromInline package let rawValue: UInt64

    /// Makes a position of its number.
    @inlinable package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Before any record.
    @inlinable package static var none: JournalPosition { JournalPosition(0) }

    /// The position of the record after this one.
    @inlinable package var next: JournalPosition { JournalPosition(rawValue + 1) }

    /// By the number.
    @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    /// By the number.
    @inlinable package static func == (left: JournalPosition, right: JournalPosition) -> Bool {
        left.rawValue == right.rawValue
    }

    /// Positions sort in the order in which records were appended.
    @inlinable package static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        left.rawValue < right.rawValue
    }
}
