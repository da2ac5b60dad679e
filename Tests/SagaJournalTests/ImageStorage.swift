import Foundation
import SagaJournal
import SagaSystem

/// A directory of plain bytes, for tests that open tens of thousands of them: what is written is
/// there, and nothing fails.
final class ImageStorage: Storage {
    let location = "/memory"

    private let world: Monitor<[String: ImageFile]>

    init(_ files: [String: [UInt8]]) {
        world = Monitor(files.mapValues { ImageFile($0) })
    }

    func contents(_ name: String) -> [UInt8]? { world.withLock { $0[name] }?.contents }

    func facts() throws(SystemFailure) -> Directory.Facts {
        .init(owner: 0, mode: 0o700, fileSystem: .local)
    }

    func freeBytes() throws(SystemFailure) -> UInt64? { nil }

    func makePrivate() throws(SystemFailure) {}

    func lock(process: Int32) throws(SystemFailure) -> StorageLock { .acquired }

    func unlock() {}

    func list() throws(SystemFailure) -> [String] { world.withLock { $0.keys.sorted() } }

    func create(_ name: String) throws(SystemFailure) -> any StorageFile {
        let file = ImageFile([])
        world.withLock { $0[name] = file }
        return file
    }

    func open(_ name: String) throws(SystemFailure) -> any StorageFile {
        guard let file = world.withLock({ $0[name] }) else {
            throw SystemFailure(operation: "openat", path: name, code: .notFound)
        }
        return file
    }

    func rename(_ old: String, to new: String) throws(SystemFailure) {
        world.withLock { $0[new] = $0.removeValue(forKey: old) }
    }

    func remove(_ name: String) throws(SystemFailure) { world.withLock { $0[name] = nil } }

    func syncDirectory() throws(SystemFailure) {}
}

private final class ImageFile: StorageFile {
    private let bytes: Monitor<[UInt8]>

    init(_ bytes: [UInt8]) { self.bytes = Monitor(bytes) }

    var contents: [UInt8] { bytes.withLock { $0 } }

    func size() throws(SystemFailure) -> Int { bytes.withLock { $0.count } }

    func read(
        at offset: Int, count: Int, uncached: Bool, into result: inout [UInt8]
    ) throws(SystemFailure) {
        let all = contents
        guard offset < all.count else { return }
        result.append(contentsOf: all[offset..<min(offset + count, all.count)])
    }

    func write(_ new: Span<UInt8>, at offset: Int) throws(SystemFailure) {
        bytes.withLock { bytes in
            new.withUnsafeBytes { put($0, at: offset, into: &bytes) }
        }
    }

    func syncData() throws(SystemFailure) {}

    func sync() throws(SystemFailure) {}
}

/// Overwrites bytes at the speed of memcpy also where nothing is optimized; makes the array longer
/// with zeros if need be.
func put(_ new: UnsafeRawBufferPointer, at offset: Int, into bytes: inout [UInt8]) {
    guard let source = new.baseAddress, !new.isEmpty else { return }
    let missing = offset + new.count - bytes.count
    if missing > 0 { bytes += [UInt8](repeating: 0, count: missing) }
    bytes.withUnsafeMutableBytes { target in
        guard let start = target.baseAddress else { return }
        memcpy(start + offset, source, new.count)
    }
}
