package import SagaModel

/// Which sagas of a journal can ask no more, as far as the coordinator has said.
package struct EndedSagas: Equatable, Sendable {
    /// The journal.
    package let lineage: SagaID
    /// Every saga that began below this position has ended, but for those that still live.
    package private(set) var below: JournalPosition
    /// The start positions below it whose sagas still live, ascending.
    package private(set) var stillLive: [JournalPosition]

    /// States what was said.
    package init(
        lineage: SagaID, below: JournalPosition, stillLive: [JournalPosition] = []
    ) {
        self.lineage = lineage
        self.below = below
        self.stillLive = stillLive
    }

    /// Takes what was said later; a word that says less changes nothing.
    mutating func raise(to below: JournalPosition, stillLive: [JournalPosition]) {
        guard below >= self.below else { return }
        self.below = below
        self.stillLive = stillLive
    }
}
