internal import SagaModel
internal import SagaSystem

/// A segment's file, opened, with its header still to be read: the one place where segments are
/// opened to be read.
struct SegmentFile: Sendable {
    /// What is done to the file before a byte of it is believed.
    enum Trust: Sendable {
        /// Nothing: somebody else writes it, or it is only copied.
        case asCached
        /// It is synced first, and its header is read from the disk itself: a clean page that never
        /// got there must not be believed.
        case asOnDisk
        /// Its header is read from the disk itself, but somebody else may be writing it.
        case asOnDiskUnsynced
    }

    let number: UInt64
    let path: String
    let file: any StorageFile
    /// The size that it has.
    let byteCount: Int
    /// The bytes of its header; fewer if the file is shorter.
    let header: [UInt8]

    /// Opens a segment.
    ///
    /// - Throws: `missingSegment` if it is not there, else what the failure stands for.
    init(
        _ storage: any Storage, _ number: UInt64, _ trust: Trust = .asCached
    ) throws(JournalFailure) {
        self.number = number
        let name = SegmentName.name(number)
        path = storage.path(name)
        do throws(SystemFailure) {
            let file = try storage.open(name)
            if trust == .asOnDisk { try file.sync() }
            var bytes: [UInt8] = []
            try file.read(
                at: 0, count: SegmentHeader.byteCount, uncached: trust != .asCached, into: &bytes)
            header = bytes
            byteCount = try file.size()
            self.file = file
        } catch {
            if error.code == .notFound { throw .missingSegment(file: path) }
            throw JournalFailure(error, in: storage.location)
        }
    }
}
