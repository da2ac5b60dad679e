package import SagaModel
internal import SagaSystem

/// What was cut off the end of a journal: a write that a crash interrupted, acknowledged to nobody.
package struct TornTail: Hashable, Sendable {
    /// The path of the segment.
    package var file: String
    /// Where the cut is, in bytes.
    package var offset: Int
    /// How many bytes were cut.
    package var byteCount: Int
    /// The position that was due at the first bad frame.
    package var position: JournalPosition
    /// The path of the file that keeps the bytes.
    package var keptIn: String
}

extension TornTail {
    /// Keeps the bytes from `offset` on in a file of their own, then overwrites them with zeros.
    ///
    /// The segment is never truncated: it would grow in use. A crash in between repeats it all.
    static func cut(
        _ walk: inout SegmentWalk, of segment: OpenSegment, from offset: Int, to end: Int,
        position: JournalPosition, storage: any Storage
    ) throws(JournalFailure) -> TornTail {
        let name = "\(segment.name).\(offset).torn"
        let temporaryName = name + ".new"
        let kept = try onStorage { () throws(SystemFailure) in try storage.create(temporaryName) }
        try walk.copy(offset..<end, to: kept)
        try onStorage { () throws(SystemFailure) in
            try kept.sync()
            try storage.rename(temporaryName, to: name)
            try storage.syncDirectory()
            try writeZeros(segment.file, offset..<segment.byteCount)
            try segment.file.sync()
        }
        return TornTail(
            file: segment.path, offset: offset, byteCount: end - offset, position: position,
            keptIn: storage.path(name))
    }
}
