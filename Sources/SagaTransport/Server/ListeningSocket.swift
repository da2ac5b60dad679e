package import NIOCore
package import NIOPosix

/// How a server comes to listen at an address.
package enum ListeningSocket {
    /// Listens, and tells where: with the port that was taken, and an inherited socket by its
    /// address.
    package static func bind(
        _ bootstrap: ServerBootstrap, _ address: ListenAddress
    ) async throws(BindFailure) -> (any Channel, ListenAddress) {
        do {
            switch address {
            case .host(let host, let port):
                let channel = try await bootstrap.bind(host: host, port: port).get()
                return (
                    channel, .host(host, port: channel.localAddress?.port ?? port)
                )
            case .unix(let path):
                try await clear(path, address)
                let channel = try await bootstrap.bind(
                    unixDomainSocketPath: path, cleanupExistingSocketFile: true
                ).get()
                return (channel, address)
            case .inherited(let descriptor):
                let channel = try await bootstrap.withBoundSocket(descriptor).get()
                return (channel, ListenAddress(of: channel) ?? address)
            }
        } catch {
            throw BindFailure(error, address)
        }
    }

    /// Finds out whether a file at the path of a Unix socket was left by a process that is gone:
    /// then nobody answers, and it may be replaced.
    private static func clear(_ path: String, _ address: ListenAddress) async throws {
        let probe: any Channel
        do {
            probe = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(1))
                .connect(unixDomainSocketPath: path).get()
        } catch let error as IOError
            where [ErrorCode.noFile, ErrorCode.refused].contains(error.errnoCode)
        {
            return
        } catch ChannelError.connectTimeout {
            throw BindFailure.pathInUse(address)
        }
        try? await probe.close()
        throw BindFailure.pathInUse(address)
    }

    /// Numbers of `errno` on Linux and macOS alike, but for the second.
    private enum ErrorCode {
        static let noFile: CInt = 2
        #if os(Linux)
            static let refused: CInt = 111
        #else
            static let refused: CInt = 61
        #endif
    }
}

extension BindFailure {
    /// Reads what SwiftNIO gives as the reason.
    fileprivate init(_ error: any Error, _ address: ListenAddress) {
        switch error {
        case let failure as BindFailure: self = failure
        case is UnixDomainSocketPathWrongType: self = .pathIsNoSocket(address)
        case SocketAddressError.unixDomainSocketPathTooLong: self = .pathTooLong(address)
        case let error as IOError: self = .system(address, errno: error.errnoCode)
        case is SocketAddressError: self = .unknownHost(address, reason: "\(error)")
        default: self = .unusable(address, reason: "\(error)")
        }
    }
}

extension ListenAddress {
    /// Where a listener listens; nil for a socket that has no address.
    fileprivate init?(of channel: any Channel) {
        guard let address = channel.localAddress else { return nil }
        if let host = address.ipAddress, let port = address.port {
            self = .host(host, port: port)
        } else if let path = address.pathname, !path.isEmpty {
            self = .unix(path: path)
        } else {
            return nil
        }
    }
}
