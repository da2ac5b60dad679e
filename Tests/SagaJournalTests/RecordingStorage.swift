import SagaJournal
import SagaSystem

/// A directory that writes down every operation that changes something, in the order in which they
/// reached it.
final class RecordingStorage: Storage {
    /// What was asked of the disk, or told to whoever uses the journal.
    enum Operation {
        case create(String, file: Int)
        case write(file: Int, offset: Int, [UInt8])
        case sync(file: Int)
        case rename(String, to: String)
        case remove(String)
        case syncDirectory
        /// Not an operation: all records up to this one were acknowledged.
        case acknowledged(UInt64)
        /// Not an operation: no record up to this one is needed any more.
        case askedToFree(UInt64)
    }

    private struct Log {
        var operations: [Operation] = []
        var files: [String: Int] = [:]
        var nextFile = 0
    }

    private let disk: MemoryStorage
    private let log: Monitor<Log>

    var location: String { disk.location }

    /// Begins with these files, all durable.
    init(_ files: [String: [UInt8]] = [:]) {
        disk = MemoryStorage()
        var log = Log()
        for name in files.keys.sorted() {
            disk.replace(name, with: files[name] ?? [])
            log.files[name] = log.nextFile
            log.nextFile += 1
        }
        self.log = Monitor(log)
    }

    func setCapacity(_ bytes: Int?) { disk.setCapacity(bytes) }

    var usedBytes: Int { disk.usedBytes }

    var operations: [Operation] { log.withLock { $0.operations } }

    func note(_ operation: Operation) { log.withLock { $0.operations.append(operation) } }

    func facts() throws(SystemFailure) -> Directory.Facts { try disk.facts() }
    func freeBytes() throws(SystemFailure) -> UInt64? { try disk.freeBytes() }
    func makePrivate() throws(SystemFailure) { try disk.makePrivate() }
    func lock(process: Int32) throws(SystemFailure) -> StorageLock {
        try disk.lock(process: process)
    }
    func unlock() { disk.unlock() }
    func list() throws(SystemFailure) -> [String] { try disk.list() }

    func create(_ name: String) throws(SystemFailure) -> any StorageFile {
        let file = try disk.create(name)
        let number = log.withLock { log in
            let number = log.nextFile
            log.nextFile += 1
            log.files[name] = number
            log.operations.append(.create(name, file: number))
            return number
        }
        return RecordedFile(file, number, self)
    }

    func open(_ name: String) throws(SystemFailure) -> any StorageFile {
        let file = try disk.open(name)
        return RecordedFile(file, log.withLock { $0.files[name] ?? -1 }, self)
    }

    func rename(_ old: String, to new: String) throws(SystemFailure) {
        try disk.rename(old, to: new)
        log.withLock { log in
            log.files[new] = log.files.removeValue(forKey: old)
            log.operations.append(.rename(old, to: new))
        }
    }

    func remove(_ name: String) throws(SystemFailure) {
        try disk.remove(name)
        log.withLock { log in
            log.files[name] = nil
            log.operations.append(.remove(name))
        }
    }

    func syncDirectory() throws(SystemFailure) {
        try disk.syncDirectory()
        note(.syncDirectory)
    }

    private final class RecordedFile: StorageFile {
        private let file: any StorageFile
        private let number: Int
        private let storage: RecordingStorage

        init(_ file: any StorageFile, _ number: Int, _ storage: RecordingStorage) {
            self.file = file
            self.number = number
            self.storage = storage
        }

        func size() throws(SystemFailure) -> Int { try file.size() }

        func read(
            at offset: Int, count: Int, uncached: Bool, into bytes: inout [UInt8]
        ) throws(SystemFailure) {
            try file.read(at: offset, count: count, uncached: uncached, into: &bytes)
        }

        func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemFailure) {
            try file.write(bytes, at: offset)
            let copy = [UInt8](capacity: bytes.count) { output in
                for index in bytes.indices { output.append(bytes[index]) }
            }
            storage.note(.write(file: number, offset: offset, copy))
        }

        func syncData() throws(SystemFailure) {
            try file.syncData()
            storage.note(.sync(file: number))
        }

        func sync() throws(SystemFailure) {
            try file.sync()
            storage.note(.sync(file: number))
        }
    }
}
