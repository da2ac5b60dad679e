/// Where a client finds a server.
package enum ClientAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an IP address, without brackets, and a port.
    case host(String, port: Int)
    /// The path of a Unix socket.
    case unix(path: String)

    /// Reads HOST:PORT, an IPv6 host in brackets, or `unix:PATH`; nil for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            guard !path.isEmpty else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]), (1...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self = .host(String(host), port: port)
    }

    /// The text that ``init(_:)`` reads.
    package var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// What requests call the server. A Unix socket has no name that a server could check, so
    /// that it is `localhost`, as gRPC does it.
    var authority: String {
        switch self {
        case .host: description
        case .unix: "localhost"
        }
    }
}
