package import SagaModel
internal import SagaSystem

/// What a look at a journal finds that changes nothing, for tools.
package struct JournalSurvey: Sendable {
    /// One segment.
    package struct Segment: Hashable, Sendable {
        /// Its number.
        package var number: UInt64
        /// Its path.
        package var file: String
        /// Its size in bytes.
        package var byteCount: Int
        /// Bytes up to the end of its last whole group; 0 for one that was not used.
        package var usedBytes: Int
        /// What it was found to be.
        package var foundCase: RecoveryCase?
        /// The position that its first record has at least; nil for one that was not used.
        package var firstPosition: JournalPosition?
    }

    /// What would be cut off at a start.
    package struct TornBytes: Hashable, Sendable {
        /// What was found.
        package var foundCase: RecoveryCase
        /// The path of the segment.
        package var file: String
        /// Where they begin, in bytes.
        package var offset: Int
        /// How many they are.
        package var byteCount: Int
        /// The position that was due there.
        package var position: JournalPosition
    }

    /// The identity of the journal.
    package var lineage: JournalLineage
    /// The segments that the manifest lists, oldest first.
    package var segments: [Segment]
    /// What is torn; of a journal that is being written, what is on its way.
    package var torn: [TornBytes]
    /// Records of whole groups.
    package var records: Int
    /// The position of the last of them.
    package var lastPosition: JournalPosition
    /// The highest position that a frame knows to be durable.
    package var markedPosition: JournalPosition

    /// Reads a whole journal without changing anything, and visits its records in order.
    ///
    /// Somebody may write meanwhile: what is read is then at least all that was durable before.
    ///
    /// - Parameters:
    ///   - storage: the directory; its lock is not taken.
    ///   - windowBytes: how much is read at a time, a multiple of 4096.
    ///   - visit: gets frame and payload of each record.
    /// - Throws: what a start would be refused for.
    package static func run(
        _ storage: any Storage, windowBytes: Int = 1 << 20,
        _ visit: (FrameHeader, Span<UInt8>) throws -> Void
    ) throws(JournalFailure) -> JournalSurvey {
        let names: [String]
        do throws(SystemFailure) {
            names = try storage.list()
        } catch {
            throw JournalFailure(error, in: storage.location)
        }
        guard let manifest = try Journal.readManifest(storage, names, isInUse: true) else {
            throw .missingManifest(path: storage.location)
        }
        var recovery = Recovery(
            storage: storage, manifest: manifest, windowBytes: windowBytes, isInUse: true)
        let (tail, _) = try recovery.run(visit)
        let sizes = recovery.sizes
        let segments = manifest.entries.map { entry in
            Segment(
                number: entry.number, file: storage.path(SegmentName.name(entry.number)),
                byteCount: sizes[entry.number] ?? 0,
                usedBytes: recovery.links[entry.number] == nil
                    ? 0 : recovery.ends[entry.number] ?? 0,
                foundCase: recovery.report.cases[entry.number],
                firstPosition: recovery.links[entry.number]?.firstPosition)
        }
        let torn = recovery.cuts.map {
            TornBytes(
                foundCase: $0.foundCase, file: $0.segment.path, offset: $0.range.lowerBound,
                byteCount: $0.range.count, position: $0.position)
        }
        return JournalSurvey(
            lineage: manifest.lineage, segments: segments, torn: torn,
            records: recovery.report.records, lastPosition: tail.chain.position,
            markedPosition: tail.marked)
    }

    /// Bytes of all segment files, for whoever shows how far a look has come.
    package static func expectedBytes(_ storage: any Storage) throws(JournalFailure) -> Int {
        var count = 0
        do throws(SystemFailure) {
            for name in try storage.list() where SegmentName.number(name) != nil {
                count += try storage.open(name).size()
            }
        } catch {
            throw JournalFailure(error, in: storage.location)
        }
        return count
    }
}
