package import SagaModel

/// The file that says that a directory is a backup, so that it is not started by mistake.
///
/// One JSON object on one line, for people and their tools; what keeps a start away is that the
/// file is there, whatever stands in it.
package struct BackupMark: Hashable, Sendable {
    /// Its name in the data directory.
    package static let name = "backup.json"

    /// The journal that was copied.
    package var lineage: JournalLineage
    /// The last record of the copy.
    package var position: JournalPosition
    /// The life that ran then.
    package var epoch: Epoch
    /// When it was made.
    package var madeAt: Instant

    /// States the facts.
    package init(
        lineage: JournalLineage, position: JournalPosition, epoch: Epoch, madeAt: Instant
    ) {
        self.lineage = lineage
        self.position = position
        self.epoch = epoch
        self.madeAt = madeAt
    }

    /// The text of the file; 64-bit numbers are strings, as in protobuf's JSON form.
    package var text: String {
        "{\"lineage\":\"\(lineage)\",\"position\":\"\(position.rawValue)\","
            + "\"epoch\":\"\(epoch.rawValue)\",\"madeAt\":\"\(madeAt.iso8601)\"}\n"
    }
}
