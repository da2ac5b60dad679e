internal import NIOCore
internal import NIOPosix

/// Why one address gave no connection.
package struct ConnectFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    package enum Cause: Hashable, Sendable {
        /// The kernel said no; `text` is what it calls the number, in lower case.
        case system(errno: Int32, text: String)
        /// The host's name has no address.
        case unknownHost(reason: String)
        /// No connection, or no HTTP/2 on it, within the time.
        case timedOut
        /// The connection could not be made secure.
        case handshake(HandshakeFailure)
        /// A file that TLS needs is wrong.
        case file(TLSFileFault)
        /// Anything else that kept a connection from taking calls, in words.
        case other(reason: String)
    }

    /// Where a connection was tried.
    package let address: ClientAddress
    /// What went wrong there.
    package let cause: Cause

    /// Makes a failure.
    package init(_ address: ClientAddress, _ cause: Cause) {
        self.address = address
        self.cause = cause
    }

    /// What went wrong, for people: `connection refused`.
    package var reason: String {
        switch cause {
        case .system(_, let text): text
        case .unknownHost(let reason): "host not found: \(reason)"
        case .timedOut: "connecting timed out"
        case .handshake(let failure): failure.clientText
        case .file(let fault): fault.description
        case .other(let reason): reason
        }
    }

    /// Address and reason, for people.
    package var description: String { "\(address): \(reason)" }
}

extension ConnectFailure.Cause {
    /// Reads what SwiftNIO gives as the reason why a socket could not be connected.
    init(_ error: any Error) {
        switch error {
        case let error as IOError: self.init(system: error)
        case let error as NIOConnectionError:
            // All addresses of a name were tried; the last one speaks for them.
            if let last = error.connectionErrors.last {
                self.init(last.error)
            } else {
                let reason = error.dnsAError ?? error.dnsAAAAError
                self = .unknownHost(reason: reason.map { "\($0)" } ?? error.host)
            }
        case ChannelError.connectTimeout: self = .timedOut
        case let failure as HandshakeFailure: self = .handshake(failure)
        case let fault as TLSFileFault: self = .file(fault)
        case SocketAddressError.unixDomainSocketPathTooLong:
            self = .other(reason: "path of the socket is too long")
        // SwiftNIO may throw anything; its own words are better than none.
        default: self = .other(reason: "\(error)")
        }
    }

    private init(system error: IOError) {
        // SwiftNIO knows the kernel's text and gives it as `REASON: TEXT) (errno: N)` only.
        let whole = IOError(errnoCode: error.errnoCode, reason: "").description
        var text = whole.drop { $0 == ":" || $0 == " " }
        if let end = text.lastIndex(of: "(") { text = text[..<end] }
        while let last = text.last, last == " " || last == ")" { text = text.dropLast() }
        self = .system(
            errno: error.errnoCode, text: text.prefix(1).lowercased() + text.dropFirst())
    }
}

extension [ConnectFailure] {
    /// All failures in one line, for people.
    var summary: String {
        "cannot connect to " + map(\.description).joined(separator: "; ")
    }
}
