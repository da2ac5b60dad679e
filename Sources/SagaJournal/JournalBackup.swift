package import SagaModel
internal import SagaSystem

/// Copies a journal up to a durable position while somebody else writes it.
///
/// Whole segments, the last one cut behind the record of that position, with zeros behind it, so
/// that it reads as a clean end; then a manifest of their own, last, so that a copy that was cut
/// short is no journal. It opens files of its own and costs the one who writes nothing but the
/// disk's time. Freeing is to be held from before the look until the end.
package struct JournalBackup {
    /// Why there is no copy.
    package enum Failure: Error {
        /// The journal cannot be read.
        case source(JournalFailure)
        /// The copy cannot be written, or is not what was read.
        case target(JournalFailure)
        /// Whoever is asked in between wants no more of it.
        case stopped
    }

    private struct Part {
        var entry: Manifest.Entry
        var segment: OpenSegment
    }

    /// Bytes that are read, written and synced at a time: one sync of all would hold up those of
    /// the journal, which may share the disk (`SegmentPreparation`).
    package static let pieceBytes = 256 << 10

    private let lineage: JournalLineage
    private let durable: JournalPosition
    private let parts: [Part]

    /// Looks which segments there are; copies nothing yet.
    ///
    /// - Parameter durable: the last record to be copied; the last of its group.
    package init(
        of source: any Storage, lineage: JournalLineage, upTo durable: JournalPosition
    ) throws(Failure) {
        self.lineage = lineage
        self.durable = durable
        do throws(JournalFailure) {
            var parts: [Part] = []
            for entry in try JournalReader.entries(source, lineage) {
                let segment = try JournalReader.open(entry, source, lineage)
                var reader = SegmentReader(
                    segment, uncached: false, windowBytes: SegmentHeader.byteCount)
                // One that is not used yet, or not for a record that is to be copied.
                guard let link = try reader.link(after: nil)?.link, link.firstPosition <= durable
                else { break }
                parts.append(Part(entry: entry, segment: segment))
            }
            guard !parts.isEmpty else { throw .missingManifest(path: source.location) }
            self.parts = parts
        } catch {
            throw .source(error)
        }
    }

    /// Whether a file of this name is one that a copy consists of, or leaves behind when it is cut
    /// short.
    package static func writes(_ name: String) -> Bool {
        SegmentName.number(name) != nil || name == Manifest.name || name == Manifest.temporaryName
    }

    /// Bytes of the files that will be written.
    package var byteCount: Int { parts.reduce(0) { $0 + $1.segment.byteCount } }

    /// Copies, checks the copy, and makes all of it durable.
    ///
    /// - Parameters:
    ///   - target: a directory without a journal.
    ///   - goOn: told how many bytes more have been written; false: no more of it.
    /// - Returns: how many records the copy has.
    package func run(
        to target: any Storage, goOn: (Int) -> Bool
    ) throws(Failure) -> Int {
        for (index, part) in parts.enumerated() {
            let file = try onTarget { () throws(SystemFailure) in
                try target.create(part.segment.name)
            }
            let isLast = index == parts.count - 1
            let end = isLast ? try self.end(of: part.segment) : nil
            try copy(part.segment, upTo: end?.offset ?? part.segment.byteCount, file, goOn)
            if let end { try finish(part, end, file, goOn) }
            try onTarget { () throws(SystemFailure) in try file.sync() }
        }
        try onTarget { () throws(SystemFailure) in
            try Manifest(lineage: lineage, entries: parts.map(\.entry)).write(to: target)
        }
        return try verify(target)
    }

    private func copy(
        _ segment: OpenSegment, upTo end: Int, _ file: any StorageFile, _ goOn: (Int) -> Bool
    ) throws(Failure) {
        var offset = 0
        var bytes: [UInt8] = []
        while offset < end {
            let count = min(Self.pieceBytes, end - offset)
            bytes.removeAll(keepingCapacity: true)
            do throws(SystemFailure) {
                try segment.file.read(at: offset, count: count, uncached: false, into: &bytes)
            } catch {
                throw .source(.inputOutput(error))
            }
            guard bytes.count == count else {
                throw .source(
                    .damaged(
                        .init(
                            file: segment.path, offset: offset + bytes.count,
                            finding: "it ends early")))
            }
            let piece = bytes
            let place = offset
            try onTarget { () throws(SystemFailure) in
                try file.write(piece.span, at: place)
                try file.syncData()
            }
            offset += count
            guard goOn(count) else { throw .stopped }
        }
    }

    /// Where the record of the durable position ends, and its frame.
    private func end(
        of segment: OpenSegment
    ) throws(Failure) -> (offset: Int, chain: FrameChain) {
        do throws(JournalFailure) {
            var reader = SegmentReader(segment, uncached: false, windowBytes: Self.pieceBytes)
            var offset = SegmentHeader.byteCount
            while case .frame(let header) = try reader.frame(at: offset, keeping: offset) {
                offset += header.stride
                if header.position == durable, !header.type.isJournals {
                    return (offset, FrameChain(position: durable, checksum: header.checksum))
                }
            }
            throw .damaged(
                .init(
                    file: segment.path, offset: offset, position: durable,
                    finding: "no valid record, though it was acknowledged"))
        } catch {
            throw .source(error)
        }
    }

    /// Ends the last segment: a MARK, so that damage to its last records is found, then zeros.
    private func finish(
        _ part: Part, _ end: (offset: Int, chain: FrameChain), _ file: any StorageFile,
        _ goOn: (Int) -> Bool
    ) throws(Failure) {
        let byteCount = part.segment.byteCount
        var offset = end.offset
        if offset + FrameHeader.byteCount <= byteCount {
            var frame: [UInt8] = []
            appendZeros(FrameHeader.byteCount, to: &frame)
            finishFrame(&frame, at: 0, .mark, [], durable, .none)
            var span = frame.mutableSpan
            _ = part.segment.salt.seal(
                &span, at: 0, previousChecksum: end.chain.checksum, durablePosition: durable)
            let mark = frame
            let place = offset
            try onTarget { () throws(SystemFailure) in try file.write(mark.span, at: place) }
            offset += mark.count
            guard goOn(mark.count) else { throw .stopped }
        }
        while offset < byteCount {
            let rest = offset..<min(offset + Self.pieceBytes, byteCount)
            try onTarget { () throws(SystemFailure) in
                try writeZeros(file, rest)
                try file.syncData()
            }
            offset = rest.upperBound
            guard goOn(rest.count) else { throw .stopped }
        }
    }

    /// Reads the copy as a start would.
    private func verify(_ target: any Storage) throws(Failure) -> Int {
        let survey: JournalSurvey
        do throws(JournalFailure) {
            survey = try JournalSurvey.run(target) { _, _ in }
        } catch {
            throw .target(error)
        }
        guard survey.lastPosition == durable, survey.torn.isEmpty else {
            throw .target(
                .damaged(
                    .init(
                        file: target.location, offset: 0, position: survey.lastPosition.next,
                        finding: "the copy ends at \(survey.lastPosition.rawValue)")))
        }
        return survey.records
    }

    private func onTarget<Result>(
        _ body: () throws(SystemFailure) -> Result
    ) throws(Failure) -> Result {
        do throws(SystemFailure) {
            return try body()
        } catch {
            throw .target(JournalFailure(error, in: error.path ?? ""))
        }
    }
}
