internal import CSagaShims
internal import Glibc

/// Tells a service manager how this service is: datagrams to its socket, by the protocol of
/// sd_notify(3), which needs no library.
package final class ServiceNotifier: Sendable {
    private let socket: Int32
    private let address: [UInt8]

    /// Opens a socket to tell with.
    ///
    /// - Parameter path: the manager's socket: a path, or a name behind `@` that is in no
    ///   directory (unix(7), abstract sockets).
    /// - Throws: if the name is too long for a socket, or there is no socket for this process.
    package init(path: String) throws(SystemFailure) {
        var name = Array(path.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        // sockaddr_un: two bytes of family, then at most 108 of the path (unix(7)).
        guard name.count > 1, name.count <= 108 else {
            throw SystemFailure(operation: "sendto", path: path, code: .invalidArgument)
        }
        let family = UInt16(AF_UNIX)
        address =
            [UInt8(truncatingIfNeeded: family), UInt8(truncatingIfNeeded: family >> 8)] + name
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        socket = Glibc.socket(AF_UNIX, kind, 0)
        guard socket >= 0 else { throw .last("socket", path) }
        // A manager that reads nothing must not hold the service for longer.
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        // SAFETY: the address is that of a local variable for the time of the call, with its size.
        let isLimited = unsafe setsockopt(
            socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard isLimited == 0 else {
            let failure = SystemFailure.last("setsockopt", path)
            close(socket)
            throw failure
        }
    }

    deinit { close(socket) }

    /// Tells assignments, `READY=1` for example, all at once.
    ///
    /// - Throws: if the manager does not hear it; the service goes on without.
    package func tell(_ assignments: [String]) throws(SystemFailure) {
        let text = Array(assignments.joined(separator: "\n").utf8)
        while true {
            // SAFETY: both arrays are lent for the time of the call with their sizes; the second
            // holds a sockaddr_un, of which the kernel copies as many bytes as it is told.
            let sent = unsafe text.withUnsafeBytes { text in
                unsafe address.withUnsafeBytes { address in
                    unsafe sendto(
                        socket, text.baseAddress, text.count, Int32(MSG_NOSIGNAL),
                        address.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                        socklen_t(address.count))
                }
            }
            if sent >= 0 { return }
            guard errno == EINTR else { throw .last("sendto", nil) }
        }
    }
}
