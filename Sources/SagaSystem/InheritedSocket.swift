internal import Glibc

/// Sockets that a process was started with.
package enum InheritedSocket {
    /// Why nothing can be accepted from a descriptor.
    package enum Fault: Error, Equatable, Sendable {
        /// No file is open under this number.
        case notOpen
        /// The file is none that bytes of TCP or Unix connections come from.
        case notAStream
    }

    /// Finds out whether a descriptor is a socket that a server can listen with, and keeps it from
    /// the programs that this process starts.
    package static func check(_ descriptor: Int32) throws(Fault) {
        guard fcntl(descriptor, F_GETFD) >= 0 else { throw .notOpen }
        guard option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue),
            let domain = option(descriptor, SO_DOMAIN),
            [AF_INET, AF_INET6, AF_UNIX].contains(domain)
        else { throw .notAStream }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        // SAFETY: both addresses are those of local variables for the time of the call, and the
        // size is that of the first.
        guard unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 else {
            return nil
        }
        return value
    }
}
