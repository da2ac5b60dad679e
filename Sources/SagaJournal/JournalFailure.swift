package import SagaModel
package import SagaSystem

/// Why a journal cannot be opened or written.
///
/// After a failure of a commit the journal refuses everything: the state of the disk is unknown
/// then, and only a new start that reads it can tell.
package enum JournalFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of trouble it is, for the exit status of a program.
    package enum Classification: Hashable, Sendable {
        /// The directory cannot be used as it is; nothing in it was changed.
        case directoryUnusable
        /// What was acknowledged is not all there, or not readable.
        case damaged
        /// The device or the file system failed; a new start may mend it.
        case inputOutput
    }

    /// A place in a file where something else stands than should.
    package struct Damage: Hashable, Sendable {
        /// The path of the file.
        package var file: String
        /// Where in the file, in bytes.
        package var offset: Int
        /// The position that was due there; nil where the damage is not in a frame.
        package var position: JournalPosition?
        /// What is wrong there, as the end of a sentence.
        package var finding: String

        /// Names a place and what is wrong there.
        package init(
            file: String, offset: Int, position: JournalPosition? = nil, finding: String
        ) {
            self.file = file
            self.offset = offset
            self.position = position
            self.finding = finding
        }
    }

    /// There is no such directory.
    case directoryMissing(path: String)
    /// The path is that of something else than a directory.
    case notADirectory(path: String)
    /// The permissions or the mount forbid writing.
    case notWritable(path: String, SystemFailure)
    /// Another process has the lock; its number, if it could be read.
    case inUse(path: String, holder: Int32?)
    /// The directory belongs to another user.
    case wrongOwner(path: String, owner: UInt32, user: UInt32)
    /// The file system forgets, or its locks and syncs cannot be relied on.
    case volatile(path: String, FileSystemKind)
    /// A file was written by a newer release, which says that this one cannot read it.
    case newerFormat(file: String, version: UInt32)
    /// A segment is of another journal than the manifest.
    case otherLineage(file: String, found: JournalLineage, expected: JournalLineage)
    /// The directory is a backup.
    case isBackup(path: String)
    /// The directory is a backup that was cut short.
    case unfinishedBackup(path: String)
    /// There is no journal in the directory that could be restored.
    case nothingToRestore(path: String)
    /// The manifest lists a segment that is not there.
    case missingSegment(file: String)
    /// There are segments with records but no manifest.
    case missingManifest(path: String)
    /// Acknowledged data is damaged.
    case damaged(Damage)
    /// Whoever reads the records could not read this one.
    case unreadableRecord(Damage)
    /// A record, or a frame of the journal's own, is of a type that only a newer release knows, and
    /// may not be passed over.
    case newerRecord(Damage)
    /// There is no room for what the start has to write.
    case diskFull(path: String, SystemFailure)
    /// A system call failed.
    case inputOutput(SystemFailure)

    /// What kind of trouble it is.
    package var classification: Classification {
        switch self {
        case .directoryMissing, .notADirectory, .notWritable, .inUse, .wrongOwner, .volatile,
            .newerFormat, .otherLineage, .isBackup, .unfinishedBackup, .nothingToRestore:
            .directoryUnusable
        case .missingSegment, .missingManifest, .damaged, .unreadableRecord: .damaged
        // Room can be made meanwhile, so that a new start mends it.
        case .diskFull, .inputOutput: .inputOutput
        // Nothing is wrong with it, only this release is too old.
        case .newerRecord: .directoryUnusable
        }
    }

    /// One word that names the reason, for status, metrics and alerts; it never changes.
    package var code: String {
        switch self {
        case .directoryMissing: "directory_missing"
        case .notADirectory: "not_a_directory"
        case .notWritable(_, let failure):
            failure.code == .readOnlyFileSystem ? "read_only" : "not_writable"
        case .inUse: "in_use"
        case .wrongOwner: "wrong_owner"
        case .volatile(_, let kind):
            switch kind {
            case .network: "network_file_system"
            case .memory, .local: "volatile"
            }
        case .newerFormat: "newer_format"
        case .newerRecord: "newer_record"
        case .otherLineage: "other_journal"
        case .isBackup: "backup"
        case .unfinishedBackup: "unfinished_backup"
        case .nothingToRestore: "nothing_to_restore"
        case .missingSegment: "missing_segment"
        case .missingManifest: "missing_manifest"
        case .damaged: "damaged"
        case .unreadableRecord: "unreadable_record"
        case .diskFull: "disk_full"
        case .inputOutput: "input_output"
        }
    }

    /// One line that says what is wrong and how to mend it.
    package var message: String {
        switch self {
        case .directoryMissing(let path):
            return "the data directory \(path) does not exist; make it with: mkdir -m 700 \(path)"
        case .notADirectory(let path):
            return "\(path) is not a directory; name a directory for the data"
        case .notWritable(let path, let failure) where failure.code == .readOnlyFileSystem:
            return "the data directory \(path) is on a file system that is mounted read-only "
                + "(\(failure)); mount it writable, after a look at the kernel's log: the system "
                + "does this itself when a disk fails"
        case .notWritable(let path, let failure):
            return "the data directory \(path) cannot be written (\(failure)); "
                + "check the rights of the directory and how its file system is mounted"
        case .inUse(let path, let holder):
            let who = holder.map { "process \($0)" } ?? "another process"
            return "the data directory \(path) is in use by \(who); "
                + "stop that one, or name another directory"
        case .wrongOwner(let path, let owner, let user):
            return "the data directory \(path) belongs to user \(owner), this process runs as "
                + "user \(user); run it as that user, or give it the directory with: "
                + "chown -R \(user) \(path)"
        case .volatile(let path, let kind):
            let why =
                switch kind {
                case .network: "a network file system, whose locks and syncs cannot be relied on"
                case .memory, .local: "which forgets everything at the next boot"
                }
            return "the data directory \(path) is on \(kind), \(why); "
                + "name a directory on a local disk, or allow it with --allow-volatile"
        case .newerFormat(let file, let version):
            return "\(file) has format \(version), which is newer than this release can read; "
                + "start the release that wrote it"
        case .otherLineage(let file, let found, let expected):
            return "\(file) belongs to the journal \(found), but this directory holds "
                + "\(expected); put back the file of this journal"
        case .isBackup(let path):
            return "\(path) is a backup; start it with --restored once the coordinator that it was "
                + "made from is stopped for good, or make a copy of it and start that"
        case .unfinishedBackup(let path):
            return "\(path) is a backup that was cut short before it was whole; start another one, "
                + "or salvage what there is into a new directory with: sagactl journal repair"
        case .nothingToRestore(let path):
            return "\(path) holds no journal that could be restored; name the directory of a "
                + "backup, or leave out --restored to begin a new journal"
        case .missingSegment(let file):
            return "\(file) is listed in the manifest but missing; put it back, or restore a backup"
        case .missingManifest(let path):
            return "the data directory \(path) holds journal segments but no manifest; "
                + "put the manifest back, or restore a backup"
        case .damaged(let damage):
            return "\(damage); restore a backup, or salvage what is whole into a new directory "
                + "with: sagactl journal repair"
        case .newerRecord(let damage):
            return "\(damage.file) holds at offset \(damage.offset) what this release does not "
                + "know: \(damage.finding); a newer sagad wrote it, start that release"
        case .unreadableRecord(let damage):
            return "\(damage); start the release that wrote it, or restore a backup"
        case .diskFull(let path, let failure):
            return "there is no room for the journal in \(path) (\(failure)); "
                + "make room on its file system, then start again"
        case .inputOutput(let failure):
            return "the journal cannot be read or written: \(failure); "
                + "check the disk, then start again"
        }
    }

    /// The same as `message`.
    package var description: String { message }

    /// The failure that an error while opening or preparing stands for.
    init(_ failure: SystemFailure, in directory: String) {
        switch failure.code {
        case .accessDenied, .notPermitted, .readOnlyFileSystem:
            self = .notWritable(path: directory, failure)
        case .notDirectory: self = .notADirectory(path: directory)
        case .noSpace, .quotaExceeded: self = .diskFull(path: directory, failure)
        // The codes are not an enumeration of ours: all others are failures of the device.
        case _: self = .inputOutput(failure)
        }
    }
}

/// What whoever reads records throws at one whose type only a newer release knows, and which its
/// writer does not let be passed over: the journal is refused for it, and is not damaged.
package struct UnknownRecordType: Error, CustomStringConvertible {
    /// The type.
    package var type: RecordType

    /// Names a type.
    package init(_ type: RecordType) { self.type = type }

    /// The type, for people.
    package var description: String { "a record of type \(type.rawValue)" }
}

extension JournalFailure.Damage: CustomStringConvertible {
    /// File, offset and position, then what is wrong.
    package var description: String {
        let place = position.map { ", at position \($0.rawValue)" } ?? ""
        return "\(file) is damaged at offset \(offset)\(place): \(finding)"
    }
}

/// Runs a call on the storage; its failure becomes one of the journal.
func onStorage<Result>(
    _ body: () throws(SystemFailure) -> Result
) throws(JournalFailure) -> Result {
    do throws(SystemFailure) {
        return try body()
    } catch {
        throw JournalFailure(error, in: error.path ?? "")
    }
}
