internal import ArgumentParser
internal import SagaModel

/// `backup DIR`.
struct Backup: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Copies journal and archive, while the coordinator goes on.",
        usage: "sagactl backup DIR [OPTIONS]",
        discussion: """
            DIR is an absolute path on the coordinator's host, of a directory that is not
            there yet or is empty; sagad writes it, as its own user, first as DIR.partial.
            Put it on another disk. All that was acknowledged when this began is in it.
            Ended before it is done (^C), nothing is left of it.

            A backup is started once with sagad --data-dir DIR --restored, when the
            coordinator that it was made from runs no more. It begins an incarnation of
            its own; what happened after the backup is not known to it.

            EXAMPLES
              sagactl backup /mnt/backup/saga-2026-11-21
              sagactl journal verify /mnt/backup/saga-2026-11-21

            EXIT STATUS
              0   whole and durable
              1   refused: the directory cannot be used, or a backup is being made already
              69  the coordinator cannot be reached, or has gone; there is no backup
              70  any other error: there is no backup
            """)

    @Argument(help: "An absolute path on the coordinator's host.") var directory: String

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        var bar = ProgressBar("", screen)
        let finished: FinishedBackup
        do throws(Complaint) {
            finished = try await calls.backup(to: directory) { progress in
                let (done, total) = (progress.doneBytes, progress.totalBytes)
                bar.show(
                    Int(clamping: done), of: Int(clamping: total),
                    "\(ShownNumber.bytes(done)) of \(ShownNumber.bytes(total))")
            }
        } catch {
            bar.end()
            throw error
        }
        bar.end()
        if screen.isJSON {
            try screen.show([JSONObject(finished)])
        } else {
            try screen.show([
                "\(StyledText.harmless(finished.directory)): "
                    + ShownNumber.of(finished.records, "record")
                    + " up to position \(finished.position.rawValue)"
                    + (finished.hasArchive ? ", and the archive" : ""),
                "start from it with: sagad --data-dir "
                    + "\(StyledText.harmless(finished.directory)) --restored",
            ])
        }
        return .done
    }
}
