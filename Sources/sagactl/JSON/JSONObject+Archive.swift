internal import SagaModel

/// Answers about the archive and counts, in the protocol's names.
extension JSONObject {
    /// `ArchiveStatus`.
    init(_ archive: ArchiveStatus) {
        self.init()
        let state =
            switch archive.state {
            case .opening: "ARCHIVE_STATE_OPENING"
            case .open: "ARCHIVE_STATE_OPEN"
            case .failed: "ARCHIVE_STATE_FAILED"
            }
        set("state", state)
        set("position", archive.committedPosition.rawValue)
        set("freeablePosition", archive.freeablePosition.rawValue)
        set("lagRecords", archive.lagRecords)
        set("sagas", archive.sagas)
        set("bytes", archive.bytes)
        set("file", archive.file)
        set("setAside", archive.setAside)
        set("failure", archive.failure)
        set("failureCode", archive.failureCode)
        set("missed", archive.missed)
        set("retention", archive.retention)
        set("purgedTotal", archive.purged)
        set("oldestStartedAt", archive.oldestStartedAt)
    }

    /// `PurgeArchiveResponse`.
    init(_ answer: PurgeAnswer) {
        self.init()
        set("sagas", answer.sagas)
        set("more", answer.hasMore)
    }

    /// `FinishedBackup`.
    init(_ backup: FinishedBackup) {
        self.init()
        set("directory", backup.directory)
        set("lineage", "\(backup.lineage)")
        set("epoch", backup.epoch.rawValue)
        set("position", backup.position.rawValue)
        set("records", backup.records)
        set("archive", backup.hasArchive)
        set("madeAt", backup.madeAt)
    }

    /// `CountSagasResponse`.
    init(_ counts: SagaCounts) {
        self.init()
        let groups = counts.counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        set(
            "counts",
            groups.map { value, count in
                var group = JSONObject()
                group.set("value", value)
                group.set("count", count)
                return group
            })
        set("total", counts.total)
        set("groups", UInt64(groups.count))
        set("now", counts.observedAt)
    }
}
