internal import SagaJournal
internal import SagaModel
internal import SagaSystem

/// The directory that a backup is written into: under another name until it is whole.
struct BackupFolder: Sendable {
    /// What a copy is called while it is made. From its first moment on it bears the mark of a
    /// backup that is not whole: nobody can start it.
    static let partialSuffix = ".partial"
    /// The copy of the archive.
    static let archiveName = "archive.sqlite"

    /// Where the backup will be, without links.
    let path: String
    private let parent: String
    private let name: String
    private var partialName: String { name + Self.partialSuffix }
    private var partialPath: String { path + Self.partialSuffix }

    /// Finds out whether a backup can be put there.
    ///
    /// - Parameters:
    ///   - path: absolute, on this host; what it names is not there, or is an empty directory.
    ///   - dataDirectory: the coordinator's own, which it must not be in.
    init(_ path: String, dataDirectory: String) throws(Refusal) {
        var parts = path.split(separator: "/").map(String.init)
        guard path.hasPrefix("/"), let last = parts.popLast(), last != ".", last != "..",
            !path.utf8.contains(0)
        else {
            throw Refusal(
                .invalidArgument, reason: "BACKUP_PATH",
                "\(ShownText.quoted(path)) is no absolute path of a directory; the backup is "
                    + "written by the coordinator, on its own host")
        }
        let above = "/" + parts.joined(separator: "/")
        let (parent, data) = try Self.asking { () throws(SystemFailure) in
            (try Directory.resolved(above), try Directory.resolved(dataDirectory))
        }
        self.path = parent == "/" ? "/\(last)" : "\(parent)/\(last)"
        self.parent = parent
        name = last
        guard self.path != data, !self.path.hasPrefix(data + "/") else {
            throw Refusal(
                .failedPrecondition, reason: "BACKUP_INSIDE_DATA",
                "\(self.path) is in the data directory; a backup belongs on another disk")
        }
        let target = self.path
        let isEmpty = try Self.asking { () throws(SystemFailure) in
            do throws(SystemFailure) {
                return try Directory(opening: target).entries().isEmpty
            } catch  where error.code == .notFound {
                return true
            }
        }
        guard isEmpty else {
            throw Refusal(
                .failedPrecondition, reason: "BACKUP_NOT_EMPTY",
                "\(target) is not empty; name a directory that is not there yet")
        }
    }

    /// Makes the directory for the copy, in place of what one that was cut short has left.
    ///
    /// - Returns: its files, with its lock taken.
    func begin() throws(Refusal) -> FileStorage {
        let partial = partialPath
        let isThere = try Self.asking { () throws(SystemFailure) in
            do throws(SystemFailure) {
                try Directory.make(partial)
                return false
            } catch  where error.code == .exists {
                return true
            }
        }
        if isThere {
            try clear()
            try Self.asking { () throws(SystemFailure) in try Directory.make(partial) }
        }
        let storage = try Self.files(partial)
        try Self.asking { () throws(SystemFailure) in
            _ = try storage.lock(process: ThisProcess.identifier)
            try BackupMark.write(BackupMark.unfinished, to: storage)
        }
        return storage
    }

    /// Says in the mark what the copy is of, now that it is whole, and gives it its name, durably.
    func finish(_ storage: FileStorage, _ mark: BackupMark) throws(Refusal) {
        try Self.asking { () throws(SystemFailure) in
            try BackupMark.write(mark.text, to: storage)
        }
        storage.unlock()
        let (parent, old, new) = (parent, partialName, name)
        try Self.asking { () throws(SystemFailure) in
            try storage.remove(FileStorage.lockName)
            try storage.syncDirectory()
            let directory = try Directory(opening: parent)
            try directory.rename(old, to: new)
            try directory.synchronize()
        }
    }

    /// Removes the copy that is not whole.
    func discard() {
        do throws(SystemFailure) {
            try Directory.removeTree(partialPath)
        } catch {
            // The next backup to the same place removes it.
        }
    }

    /// Removes what a coordinator has left that was killed, and nothing that is anybody else's: one
    /// without its mark was started, and is a data directory.
    private func clear() throws(Refusal) {
        let partial = partialPath
        let storage = try Self.files(partial)
        let names = try Self.asking { () throws(SystemFailure) in try storage.list() }
        let isOurs = names.allSatisfy { name in
            let isOfCopy = JournalBackup.writes(name) || name.hasPrefix(Self.archiveName)
            return (isOfCopy && names.contains(BackupMark.name))
                || name == FileStorage.lockName || name.hasPrefix(BackupMark.name)
        }
        let isFree = try Self.asking { () throws(SystemFailure) in
            try storage.lock(process: ThisProcess.identifier) == .acquired
        }
        guard isOurs, isFree else {
            throw Refusal(
                .failedPrecondition, reason: isOurs ? "BACKUP_RUNNING" : "BACKUP_NOT_EMPTY",
                isOurs
                    ? "another coordinator is writing to \(partial)"
                    : "\(partial) is in the way and holds what no backup has left; remove it")
        }
        try Self.asking { () throws(SystemFailure) in try Directory.removeTree(partial) }
    }

    private static func files(_ path: String) throws(Refusal) -> FileStorage {
        do throws(JournalFailure) {
            return try FileStorage(directory: path)
        } catch {
            throw Refusal(.failedPrecondition, reason: "BACKUP_DIRECTORY", error.message)
        }
    }

    private static func asking<Result>(
        _ body: () throws(SystemFailure) -> Result
    ) throws(Refusal) -> Result {
        do throws(SystemFailure) {
            return try body()
        } catch {
            throw Refusal(backup: error)
        }
    }
}

extension Refusal {
    /// What became of a backup that the system did not let be written.
    init(backup failure: SystemFailure) {
        switch failure.code {
        case .noSpace, .quotaExceeded:
            self.init(
                .resourceExhausted, reason: "BACKUP_DISK_FULL",
                "there is no room for the backup (\(failure)); what was written is removed")
        case .notFound:
            self.init(
                .failedPrecondition, reason: "BACKUP_DIRECTORY",
                "the directory that the backup would be in is not there (\(failure)); make it "
                    + "first")
        case _:  // open set: codes of the system
            self.init(
                .failedPrecondition, reason: "BACKUP_DIRECTORY",
                "the backup cannot be written (\(failure)); name a directory that the coordinator "
                    + "may make")
        }
    }
}
