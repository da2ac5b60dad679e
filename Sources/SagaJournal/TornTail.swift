package import SagaModel
internal import SagaSystem

/// What was cut off behind the last whole group of a segment: a write that a crash interrupted, or
/// bytes that strayed there; acknowledged to nobody.
package struct TornTail: Hashable, Sendable {
    /// What was found.
    package var foundCase: RecoveryCase
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
    /// Keeps the bytes of a range in a file of their own, then overwrites with zeros all from its
    /// beginning to the end of the segment.
    ///
    /// The segment is never truncated: it would grow in use. A crash in between repeats it all.
    static func cut(
        _ walk: inout SegmentWalk, _ cut: Recovery.Cut, storage: any Storage
    ) throws(JournalFailure) -> TornTail {
        let (segment, range) = (cut.segment, cut.range)
        let offset = range.lowerBound
        let name = "\(segment.name).\(offset).torn"
        let temporaryName = name + ".new"
        let kept = try onStorage { () throws(SystemFailure) in try storage.create(temporaryName) }
        try walk.copy(range, to: kept)
        try onStorage { () throws(SystemFailure) in
            try kept.sync()
            try storage.rename(temporaryName, to: name)
            try storage.syncDirectory()
            try writeZeros(segment.file, offset..<segment.byteCount)
            try segment.file.sync()
        }
        return TornTail(
            foundCase: cut.foundCase, file: segment.path, offset: offset, byteCount: range.count,
            position: cut.position, keptIn: storage.path(name))
    }
}
