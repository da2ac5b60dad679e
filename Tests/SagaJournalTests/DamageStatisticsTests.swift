import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// Journals at rest, whose bytes then change: flipped, cut off, swapped, doubled, lost.
@Suite struct DamageStatisticsTests {
    private enum Kind: String, CaseIterable {
        case flippedBit = "flipped bit"
        case shortFile = "short file"
        case swappedBlocks = "swapped blocks"
        case doubledBlock = "doubled block"
        case zeroedBlock = "zeroed block"
    }

    private enum Outcome: String, CaseIterable {
        /// The start is refused.
        case refused
        /// Bytes outside of all records were kept and cleaned; every record is there.
        case cleaned
        /// The last block reads as a torn tail: its bytes are kept.
        case torn
        /// The last block reads as zeros from some frame on, as if that was never written.
        case endsEarlier = "ends earlier"
        /// Nothing was said.
        case silent
        /// Refused although all records and headers are whole.
        case falselyRefused = "falsely refused"
        /// Acknowledged records before the last block are gone.
        case lost
    }

    /// A journal at rest, and where in its files what stands.
    private struct Rest {
        var files: [String: [UInt8]] = [:]
        /// The names of manifest and segments.
        var names: [String] = []
        var records = 0
        /// By file: where what must be there ends.
        var used: [String: Int] = [:]
        var tail = ""
        /// Where the MARK stands.
        var mark = 0

        /// The block of 4 KiB that is written last.
        var lastBlock: Int { mark / 4096 * 4096 }
    }

    private static func rest(seed: UInt64) throws -> Rest {
        let storage = MemoryStorage()
        var rest = Rest()
        var seed = seed
        try withJournal(storage) { journal in
            for number in 0..<30 {
                let before = (journal.segmentNumber, journal.segmentOffset)
                let size = Int(splitMix(&seed) % 1_700)
                try journal.commit([[payload(number, size), payload(number, 9)], [[1, 2, 3]]])
                if journal.segmentNumber != before.0 {
                    rest.used[SegmentName.name(before.0)] = before.1
                }
                if number % 5 == 0 { try journal.mark() }
            }
            try journal.commit([[payload(1, 70)]])
            rest.tail = SegmentName.name(journal.segmentNumber)
            rest.mark = journal.segmentOffset
            try journal.mark()
            rest.used[rest.tail] = journal.segmentOffset
            rest.records = Int(journal.lastPosition.rawValue)
        }
        for name in try storage.list() where name != "lock" {
            rest.files[name] = storage.contents(name)
            rest.names.append(name)
            if name == Manifest.name { rest.used[name] = storage.contents(name)?.count }
        }
        return rest
    }

    /// Changes something; gives the bytes that may have changed, by file.
    private static func change(
        _ kind: Kind, _ files: inout [String: [UInt8]], _ rest: Rest, _ seed: inout UInt64
    ) -> [(name: String, range: Range<Int>)] {
        func below(_ limit: Int) -> Int { Int(splitMix(&seed) % UInt64(limit)) }
        let name = rest.names[below(rest.names.count)]
        let count = files[name]?.count ?? 0
        switch kind {
        case .flippedBit:
            // In what is used, mostly: the rest is zeros.
            let index = below(4) > 0 ? below(max(rest.used[name] ?? 4096, 1)) : below(count)
            files[name]?[index] ^= UInt8(1 << below(8))
            return [(name, index..<index + 1)]
        case .shortFile:
            let left = below(count)
            files[name]?.removeSubrange(left...)
            return [(name, left..<count)]
        case .swappedBlocks, .doubledBlock, .zeroedBlock:
            let bytes = below(2) == 0 ? 512 : 4096
            let segments = rest.names.filter { $0 != Manifest.name }
            let one = segments[below(segments.count)]
            let other = below(2) == 0 ? one : segments[below(segments.count)]
            let first = below((files[one]?.count ?? bytes) / bytes) * bytes
            let second = below((files[other]?.count ?? bytes) / bytes) * bytes
            let (old, new) = (
                files[one]?[first..<first + bytes] ?? [],
                files[other]?[second..<second + bytes] ?? []
            )
            switch kind {
            case .doubledBlock:
                files[other]?.replaceSubrange(second..<second + bytes, with: old)
                return [(other, second..<second + bytes)]
            case .zeroedBlock:
                let zeros = [UInt8](repeating: 0, count: bytes)
                files[one]?.replaceSubrange(first..<first + bytes, with: zeros)
                return [(one, first..<first + bytes)]
            case .swappedBlocks, .flippedBit, .shortFile:
                files[one]?.replaceSubrange(first..<first + bytes, with: new)
                files[other]?.replaceSubrange(second..<second + bytes, with: old)
                return [(one, first..<first + bytes), (other, second..<second + bytes)]
            }
        }
    }

    /// What a change hit.
    private struct Hit {
        var anything = false
        /// Something that was acknowledged, or a header.
        var records = false
        /// Some of that before the last block.
        var beforeLastBlock = false
        /// The tail has nothing but zeros from where the change begins.
        var isEndOfZeros = false
    }

    private static func hit(
        _ changed: [(name: String, range: Range<Int>)], _ files: [String: [UInt8]], _ rest: Rest
    ) -> Hit {
        var hit = Hit()
        for (name, range) in changed {
            let (old, new) = (rest.files[name] ?? [], files[name] ?? [])
            if old.count != new.count {
                return Hit(anything: true, records: true, beforeLastBlock: true)
            }
            if name == rest.tail, range.lowerBound >= rest.lastBlock {
                hit.isEndOfZeros = new.span.extracting(range.lowerBound..<new.count).nonzeroEnd == 0
            }
            for index in range where old[index] != new[index] {
                hit.anything = true
                let used = rest.used[name] ?? SegmentHeader.byteCount
                guard index < used, name != rest.tail || index < rest.mark else { continue }
                hit.records = true
                if name != rest.tail || index < rest.lastBlock { hit.beforeLastBlock = true }
            }
        }
        return hit
    }

    private static func outcome(
        _ files: [String: [UInt8]], _ rest: Rest, _ hit: Hit
    ) -> Outcome {
        do {
            let storage = ImageStorage(files)
            var records = 0
            let report = try report(storage) { records += 1 }
            for tail in report.tornTails {
                let name = String(tail.keptIn.dropFirst("/memory/".count))
                if storage.contents(name)?.count != tail.byteCount { return .silent }
            }
            if report.tornTails.isEmpty {
                return hit.isEndOfZeros && !hit.beforeLastBlock ? .endsEarlier : .silent
            }
            if records == rest.records, !hit.records { return .cleaned }
            return hit.beforeLastBlock ? .lost : .torn
        } catch {
            return hit.records ? .refused : .falselyRefused
        }
    }

    private static func report(
        _ storage: ImageStorage, _ visit: () -> Void
    ) throws -> RecoveryReport {
        let journal = try Journal.open(storage, testSettings()) { _, _ in visit() }
        return journal.recovered
    }

    @Test("Of 10,000 changes none is silent, none refused without need, none loses a record")
    func statistics() throws {
        var table: [Kind: [Outcome: Int]] = [:]
        var seed: UInt64 = 99
        var cases = 0
        for round in 0..<5 {
            let rest = try Self.rest(seed: UInt64(round))
            #expect(rest.names.count >= 4)
            let untouched = Self.outcome(rest.files, rest, Hit())
            #expect(untouched == .silent, "it is whole")
            var done = 0
            while done < 2_000 {
                let kind = Kind.allCases[[0, 0, 0, 1, 2, 2, 3, 3, 4][done % 9]]
                var files = rest.files
                let changed = Self.change(kind, &files, rest, &seed)
                let hit = Self.hit(changed, files, rest)
                guard hit.anything else { continue }
                done += 1
                let outcome = Self.outcome(files, rest, hit)
                table[kind, default: [:]][outcome, default: 0] += 1
                let isRight = [.refused, .cleaned, .torn, .endsEarlier].contains(outcome)
                #expect(isRight, "\(kind.rawValue) at \(changed): \(outcome.rawValue)")
            }
            cases += done
        }
        for kind in Kind.allCases {
            let row = Outcome.allCases.map { "\($0.rawValue) \(table[kind]?[$0] ?? 0)" }
            print("damage, \(kind.rawValue): \(row.joined(separator: ", "))")
        }
        #expect(cases == 10_000)
        // A short file is always damage.
        #expect(table[.shortFile]?.keys.elementsEqual([.refused]) == true)
        #expect((table[.flippedBit]?[.refused] ?? 0) > 1_000)
    }
}
