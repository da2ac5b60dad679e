/// Whose connection it is, as far as limits go.
package enum PeerOrigin: Hashable, Sendable {
    /// One IPv4 address, also in the form that IPv6 sockets give it.
    case address(UInt32)
    /// The upper half of an IPv6 address: what one subscriber is given, so what one attacker has.
    case network(UInt64)
    /// A process of this machine, by a Unix socket.
    case local

    /// Reads an address as the system writes it, without a port; nil for anything else.
    package init?(ipAddress text: String) {
        // A zone names an interface of this machine, not a peer.
        let text = text.prefix { $0 != "%" }
        if let address = Self.version4(text) {
            self = .address(address)
            return
        }
        guard let groups = Self.version6(text) else { return nil }
        if groups[0..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xffff {
            self = .address(UInt32(groups[6]) << 16 | UInt32(groups[7]))
        } else {
            self = .network(groups[0..<4].reduce(0) { $0 << 16 | UInt64($1) })
        }
    }

    private static func version4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let number = UInt8(part) else { return nil }
            address = address << 8 | UInt32(number)
        }
        return address
    }

    /// The eight groups of an IPv6 address.
    private static func version6(_ text: Substring) -> [UInt16]? {
        var text = text
        if let colon = text.lastIndex(of: ":"),
            let address = version4(text[text.index(after: colon)...])
        {
            text =
                text[...colon] + String(address >> 16, radix: 16) + ":"
                + String(address & 0xffff, radix: 16)
        }
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        var groups: [[UInt16]] = []
        for half in halves {
            var numbers: [UInt16] = []
            for group in half.split(separator: ":", omittingEmptySubsequences: half.isEmpty) {
                guard let number = UInt16(group, radix: 16) else { return nil }
                numbers.append(number)
            }
            groups.append(numbers)
        }
        switch groups.count {
        case 1 where groups[0].count == 8: return groups[0]
        case 2 where groups[0].count + groups[1].count < 8:
            let missing = 8 - groups[0].count - groups[1].count
            return groups[0] + [UInt16](repeating: 0, count: missing) + groups[1]
        case _: return nil
        }
    }
}
