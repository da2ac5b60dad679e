internal import CSagaShims
internal import Glibc

/// Where files live, as far as it matters for their durability.
package enum FileSystemKind: Hashable, Sendable, CustomStringConvertible {
    /// A disk of this machine, or what passes for one.
    case local
    /// Memory: gone at the next boot. With the name of the file system.
    case memory(String)
    /// Another machine, whose locks and syncs cannot be relied on. With the name of it.
    case network(String)

    // The magic numbers are those of statfs(2) and linux/magic.h.
    private static let known: [UInt64: FileSystemKind] = [
        0x0102_1994: .memory("tmpfs"), 0x8584_58F6: .memory("ramfs"),
        0x6969: .network("nfs"), 0xFF53_4D42: .network("cifs"), 0xFE53_4D42: .network("smb2"),
        0x517B: .network("smb"), 0x0102_1997: .network("9p"), 0x00C3_6400: .network("ceph"),
        0x5346_414F: .network("afs"), 0x7375_7245: .network("coda"),
        0x0BD0_0BD0: .network("lustre"), 0x564C: .network("ncp"),
    ]

    /// The kind that a magic number of statfs(2) stands for.
    package init(magic: UInt64) {
        self = Self.known[magic] ?? .local
    }

    init(of descriptor: borrowing FileDescriptor) throws(SystemFailure) {
        var magic: UInt64 = 0
        // SAFETY: the address is that of a local variable for the time of the call.
        let code = unsafe saga_file_system_type(descriptor.rawValue, &magic)
        guard code == 0 else {
            throw SystemFailure(
                operation: "fstatfs", path: descriptor.path, code: ErrorNumber(rawValue: code))
        }
        self.init(magic: magic)
    }

    /// The name of the file system, or "local disk".
    package var description: String {
        switch self {
        case .local: "local disk"
        case .memory(let name), .network(let name): name
        }
    }
}
