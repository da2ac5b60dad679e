internal import Glibc

/// The files by which Unix sockets are found.
package enum SocketFile {
    /// Sets who may connect: the rights of the file, of which those to write count.
    package static func setMode(_ path: String, _ mode: UInt16) throws(SystemFailure) {
        // SAFETY: the path is a zero-terminated copy for the time of the call.
        guard unsafe chmod(path, mode_t(mode)) == 0 else { throw .last("chmod", path) }
    }
}
