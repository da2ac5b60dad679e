internal import Glibc

/// Files that others read while they are written: there as a whole, or not at all.
package enum WholeFile {
    /// Puts a file with this content in the place of what is there, if anything is.
    package static func write(_ bytes: [UInt8], to path: String) throws(SystemFailure) {
        let temporary = path + ".new"
        let file = try FileDescriptor.create(temporary)
        try file.write(bytes.span, at: 0)
        try file.synchronize()
        // SAFETY: both paths are zero-terminated copies for the time of the call.
        guard unsafe rename(temporary, path) == 0 else { throw .last("rename", path) }
    }

    /// All bytes of a file.
    package static func read(_ path: String) throws(SystemFailure) -> [UInt8] {
        let file = try FileDescriptor.openForReading(path)
        var bytes: [UInt8] = []
        try file.read(at: 0, count: file.size(), into: &bytes)
        return bytes
    }

    /// Removes a file if it is there.
    package static func removeIfPresent(_ path: String) throws(SystemFailure) {
        // SAFETY: the path is a zero-terminated copy for the time of the call.
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .last("unlink", path) }
    }
}
