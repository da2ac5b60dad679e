internal import CSagaProtos
package import SagaModel

/// The archive's part of `AdminService`.
extension AdminServiceCodec {
    /// Appends a PurgeArchiveRequest.
    package static func encodePurgeArchiveRequest(
        _ request: PurgeRequest, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__purge_archive_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.namespace)
            unsafe message.pointee.older_than = arena.duration(request.olderThan)
            unsafe message.pointee.count_only = request.countsOnly ? 1 : 0
            return unsafe message
        }
    }

    /// Reads a PurgeArchiveRequest.
    package static func decodePurgeArchive(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> PurgeRequest {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__purge_archive_request__unpack) {
            message throws(CodecFailure) in
            let age = try unsafe MessageReader.duration(
                message.pointee.older_than, "", "older_than")
            guard let age else { throw CodecFailure("older_than", .unset) }
            guard age >= .zero else {
                throw CodecFailure("older_than", .wrong("is negative; it is an age"))
            }
            return try unsafe PurgeRequest(
                namespace: MessageReader.namespace(message.pointee.namespace_, limits),
                olderThan: age, countsOnly: message.pointee.count_only != 0)
        }
    }

    /// Appends a PurgeArchiveResponse.
    package static func encodePurgeArchive(
        _ answer: PurgeAnswer, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__purge_archive_response__init)
            unsafe message.pointee.sagas = answer.sagas
            unsafe message.pointee.more = answer.hasMore ? 1 : 0
            return unsafe message
        }
    }

    /// Reads a PurgeArchiveResponse.
    package static func decodePurgeArchiveResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> PurgeAnswer {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__purge_archive_response__unpack) {
            message throws(CodecFailure) in
            unsafe PurgeAnswer(
                sagas: message.pointee.sagas, hasMore: message.pointee.more != 0)
        }
    }
}

extension EncodingArena {
    /// The archive; nothing if there is none.
    mutating func archive(
        _ status: ArchiveStatus?
    ) -> UnsafeMutablePointer<Saga__V1__ArchiveStatus>? {
        guard let status else { return nil }
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__archive_status__init)
        unsafe message.pointee.state = status.state.wireNumber
        unsafe message.pointee.position = status.committedPosition.rawValue
        unsafe message.pointee.freeable_position = status.freeablePosition.rawValue
        unsafe message.pointee.lag_records = status.lagRecords
        unsafe message.pointee.sagas = status.sagas
        unsafe message.pointee.bytes = status.bytes
        unsafe message.pointee.file = text(status.file)
        unsafe message.pointee.set_aside = text(status.setAside)
        unsafe message.pointee.failure = text(status.failure)
        unsafe message.pointee.failure_code = text(status.failureCode)
        unsafe message.pointee.missed = status.missed
        unsafe message.pointee.retention = duration(status.retention)
        unsafe message.pointee.purged_total = status.purged
        unsafe message.pointee.oldest_started_at = instant(status.oldestStartedAt)
        return unsafe message
    }
}

extension MessageReader {
    /// The archive; nil if there is none.
    static func archive(
        _ message: UnsafeMutablePointer<Saga__V1__ArchiveStatus>?
    ) throws(CodecFailure) -> ArchiveStatus? {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return nil }
        var status = ArchiveStatus()
        status.state = try unsafe value(message.pointee.state, "archive.", "state")
        status.committedPosition = unsafe JournalPosition(message.pointee.position)
        status.freeablePosition = unsafe JournalPosition(message.pointee.freeable_position)
        status.lagRecords = unsafe message.pointee.lag_records
        status.sagas = unsafe message.pointee.sagas
        status.bytes = unsafe message.pointee.bytes
        status.file = try unsafe text(message.pointee.file, "archive.", "file")
        status.setAside = try unsafe text(message.pointee.set_aside, "archive.", "set_aside")
        status.failure = try unsafe text(message.pointee.failure, "archive.", "failure")
        status.failureCode = try unsafe text(
            message.pointee.failure_code, "archive.", "failure_code")
        status.missed = unsafe message.pointee.missed
        status.retention =
            try unsafe duration(message.pointee.retention, "archive.", "retention") ?? .zero
        status.purged = unsafe message.pointee.purged_total
        status.oldestStartedAt = try unsafe instant(
            message.pointee.oldest_started_at, "archive.", "oldest_started_at")
        return status
    }
}

extension ArchiveStatus.State: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__ArchiveState {
        switch self {
        case .opening: SAGA__V1__ARCHIVE_STATE__ARCHIVE_STATE_OPENING
        case .open: SAGA__V1__ARCHIVE_STATE__ARCHIVE_STATE_OPEN
        case .failed: SAGA__V1__ARCHIVE_STATE__ARCHIVE_STATE_FAILED
        }
    }
}
