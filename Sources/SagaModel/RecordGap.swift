/// Positions between two records that no record has or will have: a restore has left them out.
package struct RecordGap: Hashable, Sendable {
    /// The last record before it.
    package var after: JournalPosition
    /// The first record behind it.
    package var before: JournalPosition

    /// States where it is.
    package init(after: JournalPosition, before: JournalPosition) {
        self.after = after
        self.before = before
    }
}

extension JournalPosition {
    /// How many records stand behind this one, up to another one; 0 if that is not behind it.
    ///
    /// - Parameter gap: one that may lie in between.
    package func records(upTo last: JournalPosition, over gap: RecordGap?) -> UInt64 {
        guard last > self else { return 0 }
        guard let gap, self <= gap.after, gap.before <= last else {
            return last.rawValue - rawValue
        }
        return gap.after.rawValue - rawValue + last.rawValue - gap.before.rawValue + 1
    }
}
