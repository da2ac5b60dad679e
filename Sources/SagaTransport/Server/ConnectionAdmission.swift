internal import Synchronization

/// Why a connection was closed before a byte of it was read; the raw value is its name in
/// counters and logs, and stays.
package enum ConnectionRefusal: String, CaseIterable, Sendable {
    /// As many connections are open as the server may have.
    case limit
    /// As many are open from the same address or network.
    case limitPerAddress = "limit_per_address"
}

/// Which connections are open, from where: a value, to be kept under one lock.
package struct AdmissionTable: Sendable {
    private let limit: Int
    private let limitPerAddress: Int
    private var count = 0
    private var byOrigin: [PeerOrigin: Int] = [:]

    /// Makes the table of a server without a connection.
    package init(limit: Int, limitPerAddress: Int) {
        self.limit = limit
        self.limitPerAddress = limitPerAddress
    }

    /// Lets a connection in, or says why not. Each that is let in is to leave.
    package mutating func enter(_ origin: PeerOrigin) -> ConnectionRefusal? {
        guard count < limit else { return .limit }
        if origin != .local {
            let open = byOrigin[origin, default: 0]
            guard open < limitPerAddress else { return .limitPerAddress }
            byOrigin[origin] = open + 1
        }
        count += 1
        return nil
    }

    /// Takes a connection out that was let in.
    package mutating func leave(_ origin: PeerOrigin) {
        precondition(count > 0, "a connection leaves that was never let in: \(origin)")
        count -= 1
        guard let open = byOrigin[origin] else { return }
        byOrigin[origin] = open > 1 ? open - 1 : nil
    }
}

/// Lets connections in, for all event loops and listeners of a server together.
final class ConnectionAdmission: Sendable {
    private let table: Mutex<AdmissionTable>

    init(_ limits: ServerLimits) {
        table = Mutex(
            AdmissionTable(
                limit: limits.connections, limitPerAddress: limits.connectionsPerAddress))
    }

    func enter(_ origin: PeerOrigin) -> ConnectionRefusal? {
        table.withLock { $0.enter(origin) }
    }

    func leave(_ origin: PeerOrigin) { table.withLock { $0.leave(origin) } }
}
