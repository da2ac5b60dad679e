package import SagaSystem
internal import Synchronization

/// A directory in memory that knows what is durable: for tests and simulations.
///
/// It can make any operation fail, and give the states that a disk may be in after a crash.
package final class MemoryStorage: Storage {
    /// An operation that changes something, for whoever makes it fail.
    package enum Operation: String, Hashable, Sendable {
        /// A file is made or emptied.
        case create = "openat"
        /// Bytes are written.
        case write = "pwrite"
        /// Contents are made durable.
        case syncData = "fdatasync"
        /// Contents and metadata are made durable.
        case sync = "fsync"
        /// A file gets another name.
        case rename = "renameat"
        /// A file is removed.
        case remove = "unlinkat"
    }

    /// What is not durable and may be kept or lost by a crash, each for itself.
    package enum Pending: Hashable, Sendable {
        /// The n-th change of a name since the directory was synced.
        case name(Int)
        /// One sector of 512 bytes of the n-th write to a file since it was synced.
        case sector(file: Int, write: Int, sector: Int)
    }

    /// Decides about an operation by its kind, file and number (from 0); nil lets it happen.
    package typealias Fault = @Sendable (Operation, String, Int) -> ErrorNumber?

    /// A write that is not durable, and what it wrote over: a sync forgets it, a crash undoes it.
    private struct Write {
        var offset: Int
        var bytes: [UInt8]
        var before: [UInt8]
    }

    private struct Contents {
        var bytes: [UInt8] = []
        var pending: [Write] = []

        var durable: [UInt8] {
            var result = bytes
            for write in pending.reversed() {
                let end = write.offset + write.bytes.count
                // One that made the file longer ends where the file did then.
                precondition(write.before.count == write.bytes.count || end == result.count)
                result.replaceSubrange(write.offset..<end, with: write.before)
            }
            return result
        }

        mutating func write(_ new: [UInt8], at offset: Int) {
            let end = min(offset + new.count, bytes.count)
            // A hole in front of it is written too.
            let start = min(offset, bytes.count)
            let filled = start < offset ? Array(repeating: 0, count: offset - start) + new : new
            pending.append(
                Write(
                    offset: start, bytes: filled,
                    before: start < end ? Array(bytes[start..<end]) : []))
            MemoryStorage.put(filled[...], at: start, into: &bytes)
        }
    }

    private enum NameChange {
        case link(String, Int)
        case rename(String, to: String, Int)
        case unlink(String)
    }

    private struct World {
        var files: [Int: Contents] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var pendingNames: [NameChange] = []
        var nextFile = 1
        var operations = 0
        var isLocked = false
        var fault: Fault?
        var failedOperationsHappen = false
        var capacityBytes: Int?
        var facts: Directory.Facts

        /// Bytes of all files that have a name.
        var usedBytes: Int {
            names.values.reduce(0) { $0 + (files[$1]?.bytes.count ?? 0) }
        }

        /// Whether a file may not grow to so many bytes.
        func lacksRoom(for file: Int, of bytes: Int) -> Bool {
            guard let capacityBytes, let growth = files[file].map({ bytes - $0.bytes.count }),
                growth > 0
            else { return false }
            return usedBytes + growth > capacityBytes
        }
    }

    private let world: Mutex<World>

    /// The path that messages show.
    package let location = "/memory"

    /// An empty directory; `facts` are what it says of itself.
    package init(
        facts: Directory.Facts = .init(owner: 0, mode: 0o700, fileSystem: .local),
        fault: Fault? = nil
    ) {
        world = Mutex(World(fault: fault, facts: facts))
    }

    private init(_ world: consuming sending World) {
        self.world = Mutex(world)
    }

    /// How many operations that change something were begun.
    package var operationCount: Int { world.withLock { $0.operations } }

    /// Sets what fails from now on.
    package func setFault(_ fault: Fault?) {
        world.withLock { $0.fault = fault }
    }

    /// Sets whether an operation that fails has its effect all the same, as it may on a real disk.
    package func setEffectOfFailedOperations(_ happens: Bool) {
        world.withLock { $0.failedOperationsHappen = happens }
    }

    /// Sets how many bytes all files may have together, what is written over not counted again; nil
    /// for any number.
    package func setCapacity(_ bytes: Int?) {
        world.withLock { $0.capacityBytes = bytes }
    }

    /// Whether there is an end of how many bytes may be written.
    package var isLimited: Bool { world.withLock { $0.capacityBytes != nil } }

    /// Bytes of all files.
    package var usedBytes: Int { world.withLock { $0.usedBytes } }

    /// The disk after a crash: what is durable, and of the rest what `keeps` says.
    package func afterCrash(keeping keeps: (Pending) -> Bool) -> MemoryStorage {
        let (old, facts) = world.withLock { ($0, $0.facts) }
        var new = World(facts: facts)
        new.capacityBytes = old.capacityBytes
        new.nextFile = old.nextFile
        new.names = old.durableNames
        for (index, change) in old.pendingNames.enumerated() where keeps(.name(index)) {
            Self.apply(change, to: &new.names)
        }
        new.durableNames = new.names
        for file in new.names.values.sorted() {
            guard let contents = old.files[file] else { continue }
            var bytes = contents.durable
            for (number, write) in contents.pending.enumerated() {
                Self.applySectors(of: write, to: &bytes) {
                    keeps(.sector(file: file, write: number, sector: $0))
                }
            }
            new.files[file] = Contents(bytes: bytes)
        }
        return MemoryStorage(new)
    }

    /// The whole current contents of a file; nil if there is none of this name.
    package func contents(_ name: String) -> [UInt8]? {
        world.withLock { world in world.names[name].flatMap { world.files[$0]?.bytes } }
    }

    /// Puts a file there, durable at once, as if somebody had edited it.
    package func replace(_ name: String, with bytes: [UInt8]) {
        world.withLock { world in
            let file = world.names[name] ?? world.nextFile
            if file == world.nextFile { world.nextFile += 1 }
            world.files[file] = Contents(bytes: bytes)
            world.names[name] = file
            world.durableNames[name] = file
        }
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .link(let name, let file): names[name] = file
        case .rename(let old, let new, let file):
            if names[old] == file { names[old] = nil }
            names[new] = file
        case .unlink(let name): names[name] = nil
        }
    }

    private static func applySectors(
        of write: Write, to bytes: inout [UInt8], _ keeps: (Int) -> Bool
    ) {
        let sectorBytes = 512
        var done = 0
        while done < write.bytes.count {
            let offset = write.offset + done
            let sector = offset / sectorBytes
            let count = min((sector + 1) * sectorBytes - offset, write.bytes.count - done)
            if keeps(sector) { put(write.bytes[done..<done + count], at: offset, into: &bytes) }
            done += count
        }
    }

    private static func put(_ new: ArraySlice<UInt8>, at offset: Int, into bytes: inout [UInt8]) {
        let missing = offset + new.count - bytes.count
        if missing > 0 { bytes.append(contentsOf: repeatElement(0, count: missing)) }
        bytes.replaceSubrange(offset..<offset + new.count, with: new)
    }

    // MARK: - Storage

    /// Owner, mode and file system of the directory.
    package func facts() throws(SystemFailure) -> Directory.Facts {
        world.withLock { $0.facts }
    }

    /// Bytes that may still be written; nil where there is no end.
    package func freeBytes() throws(SystemFailure) -> UInt64? {
        world.withLock { world in
            world.capacityBytes.map { UInt64(max(0, $0 - world.usedBytes)) }
        }
    }

    /// Lets only the owner read the directory.
    package func makePrivate() throws(SystemFailure) {
        world.withLock { $0.facts.mode = 0o700 }
    }

    /// Takes the lock for a process; says who has it if another one does.
    package func lock(process: Int32) throws(SystemFailure) -> StorageLock {
        world.withLock { world in
            if world.isLocked { return .held(by: process) }
            world.isLocked = true
            return .acquired
        }
    }

    /// Gives the lock back.
    package func unlock() {
        world.withLock { $0.isLocked = false }
    }

    /// The names of all files.
    package func list() throws(SystemFailure) -> [String] {
        world.withLock { $0.names.keys.sorted() }
    }

    /// Makes a file, or empties it, and opens it.
    package func create(_ name: String) throws(SystemFailure) -> any StorageFile {
        try change(.create, name) { world in
            let file = world.nextFile
            world.nextFile += 1
            world.files[file] = Contents()
            world.names[name] = file
            world.pendingNames.append(.link(name, file))
            return MemoryFile(self, file, name)
        }
    }

    /// Opens an existing file.
    package func open(_ name: String) throws(SystemFailure) -> any StorageFile {
        guard let file = world.withLock({ $0.names[name] }) else { throw missing("openat", name) }
        return MemoryFile(self, file, name)
    }

    /// Gives a file another name, in place of what had it.
    package func rename(_ old: String, to new: String) throws(SystemFailure) {
        let found = try change(.rename, old) { world in
            guard let file = world.names[old] else { return false }
            let change = NameChange.rename(old, to: new, file)
            Self.apply(change, to: &world.names)
            world.pendingNames.append(change)
            return true
        }
        if !found { throw missing("renameat", old) }
    }

    /// Removes a file.
    package func remove(_ name: String) throws(SystemFailure) {
        let found = try change(.remove, name) { world in
            guard world.names[name] != nil else { return false }
            world.names[name] = nil
            world.pendingNames.append(.unlink(name))
            return true
        }
        if !found { throw missing("unlinkat", name) }
    }

    /// Makes all names durable.
    package func syncDirectory() throws(SystemFailure) {
        try change(.sync, ".") { world in
            world.durableNames = world.names
            world.pendingNames = []
        }
    }

    private func missing(_ operation: String, _ name: String) -> SystemFailure {
        SystemFailure(operation: operation, path: path(name), code: .notFound)
    }

    /// Counts an operation, lets it fail if it shall, else does it.
    private func change<Result>(
        _ operation: Operation, _ name: String, _ body: (inout World) -> Result
    ) throws(SystemFailure) -> Result {
        let (fault, number) = world.withLock { world in
            world.operations += 1
            return (world.fault, world.operations - 1)
        }
        if let code = fault?(operation, name, number) {
            // Not without power.
            world.withLock { world in
                if world.failedOperationsHappen && code != .noDevice { _ = body(&world) }
            }
            throw SystemFailure(operation: operation.rawValue, path: path(name), code: code)
        }
        return world.withLock { body(&$0) }
    }

    private final class MemoryFile: StorageFile {
        private let storage: MemoryStorage
        private let file: Int
        private let name: String

        init(_ storage: MemoryStorage, _ file: Int, _ name: String) {
            self.storage = storage
            self.file = file
            self.name = name
        }

        func size() throws(SystemFailure) -> Int {
            storage.world.withLock { $0.files[file, default: Contents()].bytes.count }
        }

        func read(
            at offset: Int, count: Int, uncached: Bool, into bytes: inout [UInt8]
        ) throws(SystemFailure) {
            let all = storage.world.withLock { $0.files[file, default: Contents()].bytes }
            let end = min(offset + count, all.count)
            if offset < end { bytes.append(contentsOf: all[offset..<end]) }
        }

        func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemFailure) {
            let copy = [UInt8](capacity: bytes.count) { output in
                for index in bytes.indices { output.append(bytes[index]) }
            }
            let isFull = try storage.change(.write, name) { world in
                if world.lacksRoom(for: file, of: offset + copy.count) { return true }
                world.files[file, default: Contents()].write(copy, at: offset)
                return false
            }
            guard isFull else { return }
            throw SystemFailure(
                operation: Operation.write.rawValue, path: storage.path(name), code: .noSpace)
        }

        func syncData() throws(SystemFailure) { try makeDurable(.syncData) }

        func sync() throws(SystemFailure) { try makeDurable(.sync) }

        private func makeDurable(_ operation: Operation) throws(SystemFailure) {
            try storage.change(operation, name) { world in
                world.files[file]?.pending.removeAll(keepingCapacity: true)
            }
        }
    }
}
