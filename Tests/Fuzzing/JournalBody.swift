import SagaJournal
import SagaModel
import SagaProtobuf
import SagaSystem

/// A journal whose frames are bytes of any kind, and records of any kind.
enum JournalBody {
    /// What the first byte of an input says.
    private struct Habit: OptionSet {
        let rawValue: UInt8
        /// The frames get their checksums, so that what is behind these is reached too.
        static let isSealed = Self(rawValue: 1)
        /// And each repeats that of the frame before it.
        static let isChained = Self(rawValue: 2)
        /// A prepared segment stands behind the one with the frames.
        static let hasSpare = Self(rawValue: 4)
        /// The rest is a record: two bytes of its type, then its payload.
        static let isRecord = Self(rawValue: 8)
        /// What was before the segment is freed.
        static let isFreed = Self(rawValue: 16)
    }

    private static let headerBytes = 4_096
    private static let segmentBytes = 8_192
    private static let frameBytes = 40
    private static let salt: UInt64 = 0x0123_4567_89AB_CDEF
    private static let decodedBytes = 1 << 20

    static func run(_ input: [UInt8]) throws {
        let habit = Habit(rawValue: input.first ?? 0)
        var rest = Array(input.dropFirst().prefix(segmentBytes - headerBytes))
        if habit.contains(.isRecord) { return try runRecord(rest) }
        if habit.contains(.isSealed) { seal(&rest, isChained: habit.contains(.isChained)) }
        try runJournal(rest, habit)
    }

    // MARK: - Records

    /// Whoever decodes a record finds the same every time, and what is decoded can be shown.
    private static func runRecord(_ input: [UInt8]) throws {
        guard input.count >= 2 else { return }
        // The known types lie close together.
        let type = 16 + UInt16(input[0]) % 40
        let payload = Array(input.dropFirst(2))
        var arena = DecodingArena(limit: decodedBytes)
        let first = decode(type, payload, &arena)
        try require(first == decode(type, payload, &arena), "a record is not decoded alike")
        let text = try? RecordText(type: type, payload.span, arena: &arena)
        guard case .success(let record) = first else { return }
        try require(text != nil, "a record that is decoded cannot be shown")
        var encoding = EncodingArena()
        var bytes: [UInt8] = []
        RecordCodec.encode(record, into: &bytes, arena: &encoding)
        let again = decode(RecordCodec.type(of: record), bytes, &arena)
        try require(again == first, "\(again) after a round trip of \(first)")
    }

    private static func decode(
        _ type: UInt16, _ payload: [UInt8], _ arena: inout DecodingArena
    ) -> Result<Record, CodecFailure> {
        do throws(CodecFailure) {
            return .success(try RecordCodec.decode(type: type, payload.span, arena: &arena))
        } catch {
            return .failure(error)
        }
    }

    // MARK: - Journals

    /// What was found in a journal.
    private struct Found: Equatable {
        var positions: [UInt64] = []
        var torn = 0
    }

    /// A look sees what a start finds; a second start finds the same records and nothing torn; what
    /// was refused is left as it is and can be salvaged.
    private static func runJournal(_ frames: [UInt8], _ habit: Habit) throws {
        let storage = MemoryStorage()
        for (name, bytes) in files(frames, habit) { storage.replace(name, with: bytes) }
        let look = look(storage)
        let before = try storage.list().map { storage.contents($0) }
        let first = open(storage)
        try require(look == first, "a look finds \(look), a start \(first)")
        switch first {
        case .failure:
            let after = try storage.list().map { storage.contents($0) }
            try require(before == after, "a refused journal was changed")
        case .success(let found):
            let second = open(storage)
            try require(
                second == .success(Found(positions: found.positions)),
                "\(second) behind \(first)")
        }
        let target = MemoryStorage()
        let salvage = try? JournalSalvage.run(
            from: storage, to: target, settings, progress: { _, _ in })
        guard let salvage else { return }
        if case .success(let found) = first {
            try require(
                salvage.records == found.positions.count, "\(salvage.records) salvaged of \(first)")
        }
        if salvage.records > 0 {
            guard case .success(let copy) = open(target) else {
                throw FuzzFailure("what was salvaged is refused: \(open(target))")
            }
            try require(copy.torn == 0, "what was salvaged is torn")
        }
    }

    private static var settings: JournalSettings {
        JournalSettings(
            limits: JournalLimits(segmentBytes: segmentBytes, windowBytes: headerBytes),
            preparation: .inline, allowsVolatile: false, user: 0, process: 1, entropy: { 7 },
            microseconds: { 0 })
    }

    private static func open(_ storage: MemoryStorage) -> Result<Found, JournalFailure> {
        var found = Found()
        do throws(JournalFailure) {
            found.torn = try report(storage) { found.positions.append($0) }.tornTails.count
            return .success(found)
        } catch {
            return .failure(error)
        }
    }

    private static func report(
        _ storage: MemoryStorage, _ visit: (UInt64) -> Void
    ) throws(JournalFailure) -> RecoveryReport {
        let journal = try Journal.open(storage, settings) { header, _ in
            visit(header.position.rawValue)
        }
        return journal.recovered
    }

    private static func look(_ storage: MemoryStorage) -> Result<Found, JournalFailure> {
        var found = Found()
        do throws(JournalFailure) {
            found.torn = try JournalSurvey.run(storage, windowBytes: headerBytes) { header, _ in
                found.positions.append(header.position.rawValue)
            }.torn.count
            return .success(found)
        } catch {
            return .failure(error)
        }
    }

    // MARK: - Bytes, as the article on the format has them

    private static func seal(_ frames: inout [UInt8], isChained: Bool) {
        var salted: [UInt8] = []
        append(salt, 8, to: &salted)
        var (offset, previous) = (0, UInt32(0))
        while offset + frameBytes <= frames.count {
            let length = Int(frames.span.littleEndian(UInt32.self, at: offset))
            guard length >= frameBytes, offset + length <= frames.count else { return }
            if isChained { put(UInt64(previous), 4, at: offset + 12, &frames) }
            let covered =
                salted + frames[offset..<offset + 4] + frames[offset + 8..<offset + length]
            previous = CRC32C.checksum(covered.span)
            put(UInt64(previous), 4, at: offset + 4, &frames)
            let end = (offset + length + 7) & ~7
            for index in offset + length..<min(end, frames.count) { frames[index] = 0 }
            offset = end
        }
    }

    private static func files(_ frames: [UInt8], _ habit: Habit) -> [(String, [UInt8])] {
        let first: UInt64 = habit.contains(.isFreed) ? 5 : 1
        let numbers = habit.contains(.hasSpare) ? [first, first + 1] : [first]
        var manifest = Array("SAGAMANI".utf8)
        append(1 | 1 << 32, 8, to: &manifest)
        append(3, 8, to: &manifest)
        append(4, 8, to: &manifest)
        append(UInt64(numbers.count), 8, to: &manifest)
        var files: [(String, [UInt8])] = []
        for number in numbers {
            append(number, 8, to: &manifest)
            append(salt, 8, to: &manifest)
            var header = Array("SAGASEGM".utf8)
            append(1 | 1 << 32, 8, to: &header)
            append(3, 8, to: &header)
            append(4, 8, to: &header)
            append(number, 8, to: &header)
            append(salt, 8, to: &header)
            append(UInt64(segmentBytes), 8, to: &header)
            header += [UInt8](repeating: 0, count: headerBytes - 4 - header.count)
            append(UInt64(CRC32C.checksum(header.span)), 4, to: &header)
            if number == first { header += frames }
            header += [UInt8](repeating: 0, count: segmentBytes - header.count)
            files.append(("000000000\(number).segment", header))
        }
        append(UInt64(CRC32C.checksum(manifest.span)), 4, to: &manifest)
        return files + [("manifest", manifest)]
    }

    private static func append(_ value: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for shift in 0..<count {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift * 8)))
        }
    }

    private static func put(_ value: UInt64, _ count: Int, at index: Int, _ bytes: inout [UInt8]) {
        for shift in 0..<count {
            bytes[index + shift] = UInt8(truncatingIfNeeded: value >> UInt64(shift * 8))
        }
    }
}
