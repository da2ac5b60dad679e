/// Where a server listens.
package enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an IP address, without brackets, and a port; 0 takes a free one.
    case host(String, port: Int)
    /// The path of a Unix socket.
    case unix(path: String)
    /// A socket that the process was started with, of TCP or Unix: its number. It must be open and
    /// bound; that is for the program to check.
    case inherited(descriptor: Int32)

    /// Makes the address of a host.
    package init(host: String, port: Int) { self = .host(host, port: port) }

    /// Reads HOST:PORT, an IPv6 host in brackets, `unix:PATH` or `fd:N`; nil for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            guard !path.isEmpty, !path.utf8.contains(0) else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let number = text[text.index(after: colon)...]
        guard !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int32(number)
        else { return nil }
        if text.hasPrefix("fd:") {
            self = .inherited(descriptor: number)
            return
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, number <= 65_535 else { return nil }
        self = .host(String(host), port: Int(number))
    }

    /// Whether two listeners at it are at different ports.
    package var takesFreePort: Bool {
        switch self {
        case .host(_, let port): port == 0
        case .unix, .inherited: false
        }
    }

    /// The text that ``init(_:)`` reads.
    package var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        case .inherited(let descriptor): "fd:\(descriptor)"
        }
    }
}

/// Why a server cannot listen at an address.
package enum BindFailure: Error, Equatable, Sendable {
    /// The kernel said no; the number is that of `errno`, EADDRINUSE for a port in use.
    case system(ListenAddress, errno: Int32)
    /// The host's name has no address.
    case unknownHost(ListenAddress, reason: String)
    /// Another process listens at the path of a Unix socket.
    case pathInUse(ListenAddress)
    /// At the path of a Unix socket there is a file that is none, and is left alone.
    case pathIsNoSocket(ListenAddress)
    /// A Unix socket's path is longer than the system takes.
    case pathTooLong(ListenAddress)
    /// An inherited socket that nothing can be accepted from, in words.
    case unusable(ListenAddress, reason: String)
}
