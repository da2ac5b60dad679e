package import SagaModel
package import SagaSystem

/// The file that says that a directory is a backup, so that it is not started by mistake.
///
/// One JSON object on one line, for people and their tools; what keeps a start away is that the
/// file is there, whatever stands in it. While the copy is being made it says so: such a one is not
/// started with `--restored` either.
package struct BackupMark: Hashable, Sendable {
    /// Its name in the data directory.
    package static let name = "backup.json"
    /// Its name while it is written.
    package static let temporaryName = name + ".new"
    /// What stands in it until the copy is whole.
    package static let unfinished = "{\"unfinished\":true}\n"
    /// What stands in it where nothing is known but that it is a copy.
    static let plain = "{}\n"

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

    /// Writes a text of the file durably; a power cut leaves the old one or this one.
    package static func write(_ text: String, to storage: any Storage) throws(SystemFailure) {
        let file = try storage.create(temporaryName)
        let bytes = Array(text.utf8)
        try file.write(bytes.span, at: 0)
        try file.sync()
        try storage.rename(temporaryName, to: name)
        try storage.syncDirectory()
    }

    /// Whether the copy in a directory is not whole yet.
    package static func saysUnfinished(in storage: any Storage) throws(SystemFailure) -> Bool {
        try text(in: storage, upTo: unfinished.utf8.count + 1) == Array(unfinished.utf8)
    }

    /// What a copy of a copy says: the same, but for an unfinished one, whose copy is whole.
    static func textForCopy(of storage: any Storage) throws(SystemFailure) -> String {
        let bytes = try text(in: storage, upTo: longestText)
        let text = String(decoding: bytes, as: UTF8.self)
        return text == unfinished ? plain : text
    }

    /// Bytes of the file that are read at most; it has some 150.
    private static let longestText = 4 << 10

    private static func text(
        in storage: any Storage, upTo count: Int
    ) throws(SystemFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        try storage.open(name).read(at: 0, count: count, uncached: false, into: &bytes)
        return bytes
    }
}
