import SagaJournal

/// What a disk may hold after the power went: all that was synced, and of the rest any part.
struct DiskImage {
    private struct Write {
        var offset: Int
        var bytes: [UInt8]
    }

    private struct File {
        var durable: [UInt8] = []
        var pending: [Write] = []
    }

    private enum NameChange {
        case link(String, Int)
        case rename(String, to: String)
        case remove(String)
    }

    private static let sectorBytes = 512

    private var files: [Int: File] = [:]
    private var names: [String: Int] = [:]
    private var pendingNames: [NameChange] = []
    /// All records up to this one were acknowledged.
    private(set) var acknowledged: UInt64 = 0
    /// No record up to this one is needed any more.
    private(set) var askedToFree: UInt64 = 0

    /// The disk before the first operation of a recording that began with these files.
    init(
        _ files: [String: [UInt8]] = [:], acknowledged: UInt64 = 0, askedToFree: UInt64 = 0
    ) {
        self.askedToFree = askedToFree
        for (number, name) in files.keys.sorted().enumerated() {
            self.files[number] = File(durable: files[name] ?? [])
            names[name] = number
        }
        self.acknowledged = acknowledged
    }

    /// Whether there is anything that a crash could take.
    var hasPending: Bool {
        !pendingNames.isEmpty || files.values.contains { !$0.pending.isEmpty }
    }

    mutating func apply(_ operation: RecordingStorage.Operation) {
        switch operation {
        case .create(let name, let file):
            files[file] = File()
            pendingNames.append(.link(name, file))
        case .write(let file, let offset, let bytes):
            files[file, default: File()].pending.append(Write(offset: offset, bytes: bytes))
        case .sync(let file):
            guard var synced = files[file] else { return }
            for write in synced.pending { Self.put(0..<write.bytes.count, of: write, &synced) }
            synced.pending = []
            files[file] = synced
        case .rename(let old, let new): pendingNames.append(.rename(old, to: new))
        case .remove(let name): pendingNames.append(.remove(name))
        case .syncDirectory:
            for change in pendingNames { Self.apply(change, to: &names) }
            pendingNames = []
        case .acknowledged(let position): acknowledged = position
        case .askedToFree(let position): askedToFree = position
        }
    }

    /// One of the states: each change of a name and each sector of each write is kept or lost, and
    /// a sector may be torn anywhere.
    func state(seed: UInt64) -> [String: [UInt8]] {
        var draw = seed
        // Of sixteen; all and nothing are as likely as anything between.
        let odds = [0, 2, 8, 14, 16][Int(splitMix(&draw) % 5)]
        var names = names
        for change in pendingNames where splitMix(&draw) % 16 < odds {
            Self.apply(change, to: &names)
        }
        var state: [String: [UInt8]] = [:]
        for (name, number) in names.sorted(by: { $0.value < $1.value }) {
            guard var file = files[number] else { continue }
            for write in file.pending {
                var done = 0
                while done < write.bytes.count {
                    let sector = (write.offset + done) / Self.sectorBytes + 1
                    let end = min(sector * Self.sectorBytes - write.offset, write.bytes.count)
                    let word = splitMix(&draw)
                    if word % 16 < odds {
                        Self.put(done..<end, of: write, &file)
                    } else if word % 16 == 15 {
                        // Torn: its beginning or its end is new.
                        let cut = done + Int(word >> 8) % (end - done)
                        Self.put(word & 64 == 0 ? done..<cut : cut..<end, of: write, &file)
                    }
                    done = end
                }
            }
            state[name] = file.durable
        }
        return state
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .link(let name, let file): names[name] = file
        case .rename(let old, let new):
            // Lost with the creation that it renames.
            if let file = names.removeValue(forKey: old) { names[new] = file }
        case .remove(let name): names[name] = nil
        }
    }

    private static func put(_ bytes: Range<Int>, of write: Write, _ file: inout File) {
        write.bytes.withUnsafeBytes { all in
            SagaJournalTests.put(
                UnsafeRawBufferPointer(rebasing: all[bytes]), at: write.offset + bytes.lowerBound,
                into: &file.durable)
        }
    }
}
