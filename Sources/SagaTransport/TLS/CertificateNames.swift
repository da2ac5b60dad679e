internal import NIOCore
internal import NIOSSL

/// The names that a certificate vouches for, as text that can be shown, logged and recorded.
///
/// A name that is empty, longer than 512 bytes or not printable is left out: it can be nothing but
/// a mistake or a trick.
struct CertificateNames: Equatable {
    private(set) var uris: [String] = []
    private(set) var hosts: [String] = []
    private(set) var addresses: [String] = []
    /// In the form of RFC 4514, as far as the attributes are the usual ones: `CN=web,O=Acme`.
    let subject: String

    private static let longest = 512

    init(_ certificate: NIOSSLCertificate) {
        subject = Self.text(certificate.subjectName)
        for name in certificate._subjectAlternativeNames() {
            let bytes = Array(name.contents)
            switch name.nameType {
            case .uri:
                if let text = Self.printable(bytes), text.contains(":") { uris.append(text) }
            case .dnsName:
                if let text = Self.printable(bytes), Self.isHost(text) { hosts.append(text) }
            case .ipAddress: if let text = Self.address(bytes) { addresses.append(text) }
            // Mail addresses and names of directories name no service.
            default: break
            }
        }
    }

    /// Without `:` and `/`, so that no host can look like a URI or an address of IPv6.
    private static func isHost(_ text: String) -> Bool {
        text.allSatisfy { $0.isLetter || $0.isNumber || ".-_*".contains($0) }
    }

    private static func printable(_ bytes: [UInt8]) -> String? {
        guard (1...longest).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0).ipAddress
    }

    /// A subject or an issuer for people.
    static func text(_ name: [SSLCertificateName]) -> String {
        let parts = name.reversed().compactMap { part -> String? in
            guard let key = key(part.type), !part.value.isEmpty,
                part.value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
            else { return nil }
            return "\(key)=\(escaped(part.value))"
        }
        return parts.joined(separator: ",")
    }

    private static func key(_ type: SSLCertificateNameType) -> String? {
        switch type {
        case .commonName: "CN"
        case .organization: "O"
        case .organizationalUnit: "OU"
        case .state: "ST"
        case .country: "C"
        case .city: "L"
        case .userId: "UID"
        default: nil
        }
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            if ",+\"\\<>;=".unicodeScalars.contains(scalar) { text.append("\\") }
            text.unicodeScalars.append(scalar)
        }
        return text
    }

    // MARK: For a host

    /// Whether a host's name is among the names; `*` stands for one whole first label (RFC 6125).
    func contains(host: String) -> Bool {
        let wanted = Self.folded(host)
        return hosts.contains { pattern in
            let pattern = Self.folded(pattern)
            guard pattern.hasPrefix("*."), let dot = wanted.firstIndex(of: ".") else {
                return pattern == wanted
            }
            return pattern.dropFirst() == wanted[dot...] && dot > wanted.startIndex
        }
    }

    /// Whether the certificate is a host's of this name. One whose names are of none of the kinds
    /// that a host can have says nothing about it.
    ///
    /// The library also takes a certificate for the address that was connected to, whatever name
    /// was wanted; then who can answer name lookups could send a client to another machine.
    func isAbout(_ host: String) -> Bool {
        (hosts.isEmpty && addresses.isEmpty) || contains(host: host)
    }

    private static func folded(_ host: String) -> String {
        let lower = host.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }

    /// All names of services and hosts for people; the subject if there is none.
    var listed: String {
        let names = hosts + addresses + uris
        guard !names.isEmpty else { return subject.isEmpty ? "nobody" : subject }
        let shown = names.prefix(4).joined(separator: ", ")
        return names.count > 4 ? "\(shown) and \(names.count - 4) more" : shown
    }

    /// Who this is: the first URI, else the first host, else the first address, else the subject;
    /// nil for a certificate that names nobody.
    var identity: PeerIdentity? {
        if let uri = uris.first { return PeerIdentity(kind: .uri, name: uri) }
        if let host = hosts.first { return PeerIdentity(kind: .host, name: host) }
        if let address = addresses.first { return PeerIdentity(kind: .address, name: address) }
        guard (1...Self.longest).contains(subject.utf8.count) else { return nil }
        return PeerIdentity(kind: .subject, name: subject)
    }
}
