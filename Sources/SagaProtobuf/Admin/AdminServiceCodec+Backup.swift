internal import CSagaProtos
package import SagaModel

/// The backup's part of `AdminService`.
extension AdminServiceCodec {
    /// Appends a BackupRequest.
    package static func encodeBackupRequest(
        _ directory: String, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__backup_request__init)
            unsafe message.pointee.directory = arena.text(directory)
            return unsafe message
        }
    }

    /// Reads a BackupRequest: the directory.
    package static func decodeBackup(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> String {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__backup_request__unpack) {
            message throws(CodecFailure) in
            _ = try unsafe MessageReader.namespace(message.pointee.namespace_, limits)
            return try unsafe MessageReader.text(message.pointee.directory, "", "directory")
        }
    }

    /// Appends a BackupResponse.
    package static func encodeBackup(
        _ progress: BackupProgress, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__backup_response__init)
            unsafe message.pointee.done_bytes = progress.doneBytes
            unsafe message.pointee.total_bytes = progress.totalBytes
            if let finished = progress.finished {
                unsafe message.pointee.finished = arena.finishedBackup(finished)
            }
            return unsafe message
        }
    }

    /// Reads a BackupResponse.
    package static func decodeBackupResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> BackupProgress {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__backup_response__unpack) {
            message throws(CodecFailure) in
            try unsafe BackupProgress(
                doneBytes: message.pointee.done_bytes, totalBytes: message.pointee.total_bytes,
                finished: MessageReader.finishedBackup(message.pointee.finished))
        }
    }
}

extension EncodingArena {
    fileprivate mutating func finishedBackup(
        _ finished: FinishedBackup
    ) -> UnsafeMutablePointer<Saga__V1__FinishedBackup> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__finished_backup__init)
        unsafe message.pointee.directory = text(finished.directory)
        unsafe message.pointee.lineage = text(finished.lineage)
        unsafe message.pointee.epoch = finished.epoch.rawValue
        unsafe message.pointee.position = finished.position.rawValue
        unsafe message.pointee.records = finished.records
        unsafe message.pointee.archive = finished.hasArchive ? 1 : 0
        unsafe message.pointee.made_at = instant(finished.madeAt)
        return unsafe message
    }
}

extension MessageReader {
    fileprivate static func finishedBackup(
        _ message: UnsafeMutablePointer<Saga__V1__FinishedBackup>?
    ) throws(CodecFailure) -> FinishedBackup? {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return nil }
        return try unsafe FinishedBackup(
            directory: text(message.pointee.directory, "finished.", "directory"),
            lineage: sagaID(message.pointee.lineage, "finished.", "lineage"),
            epoch: Epoch(message.pointee.epoch),
            position: JournalPosition(message.pointee.position),
            records: message.pointee.records, hasArchive: message.pointee.archive != 0,
            madeAt: instant(message.pointee.made_at, "finished.", "made_at")
                ?? Instant(microseconds: 0))
    }
}
