internal import NIOSSL

/// A certificate with what vouches for it and its key, read from two files and found to fit.
struct OwnCertificate: Sendable {
    /// The own one first, each one's issuer behind it.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    let warnings: [TLSFileWarning]

    /// From this long before its end on, a certificate is warned about: twice the week in which
    /// renewal by a person is usually still possible.
    static let warningDays: Int64 = 14

    init(
        certificateFile: String, keyFile: String, _ environment: TLSEnvironment
    ) throws(TLSFileFault) {
        chain = try Certificates.read(certificateFile, .certificate, environment)
        key = try Self.readKey(keyFile, environment)
        try Self.checkKey(key, keyFile, chain, certificateFile)
        try Self.checkOrder(chain, certificateFile)
        let now = environment.now()
        for (place, certificate) in chain.enumerated() {
            if let problem = Certificates.problem(certificate, place: place + 1, at: now) {
                throw TLSFileFault(certificateFile, .certificate, problem)
            }
        }
        warnings = Certificates.endingSoon(chain, certificateFile, .certificate, at: now)
    }

    private static func readKey(
        _ path: String, _ environment: TLSEnvironment
    ) throws(TLSFileFault) -> NIOSSLPrivateKey {
        let blocks = try Certificates.blocks(path, .key, environment)
        guard let place = blocks.firstIndex(where: { $0.kind.hasSuffix("PRIVATE KEY") }) else {
            throw TLSFileFault(path, .key, .holds(Certificates.kinds(blocks)))
        }
        let block = blocks[place]
        // Or the library would ask for the passphrase on the terminal.
        guard !block.isEncrypted, block.kind != "ENCRYPTED PRIVATE KEY" else {
            throw TLSFileFault(path, .key, .encrypted)
        }
        guard let key = try? NIOSSLPrivateKey(bytes: block.bytes, format: .pem) else {
            throw TLSFileFault(path, .key, .malformed(place: place + 1))
        }
        return key
    }

    private static func checkKey(
        _ key: NIOSSLPrivateKey, _ path: String, _ chain: [NIOSSLCertificate],
        _ certificateFile: String
    ) throws(TLSFileFault) {
        guard let place = chain.firstIndex(where: { isPair($0, key) }) else {
            throw TLSFileFault(path, .key, .keyOfAnother(certificateFile: certificateFile))
        }
        guard place == 0 else {
            throw TLSFileFault(certificateFile, .certificate, .leafNotFirst(place: place + 1))
        }
    }

    /// The library has no comparison of its own, but takes no key beside another's certificate.
    private static func isPair(_ certificate: NIOSSLCertificate, _ key: NIOSSLPrivateKey) -> Bool {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(certificate)], privateKey: .privateKey(key))
        configuration.trustRoots = .certificates([])
        return (try? NIOSSLContext(configuration: configuration)) != nil
    }

    private static func checkOrder(
        _ chain: [NIOSSLCertificate], _ path: String
    ) throws(TLSFileFault) {
        for place in chain.indices.dropFirst()
        where chain[place - 1].issuerName != chain[place].subjectName {
            throw TLSFileFault(
                path, .certificate,
                .wrongOrder(
                    place: place + 1, subject: CertificateNames.text(chain[place].subjectName),
                    wanted: CertificateNames.text(chain[place - 1].issuerName)))
        }
    }
}

/// A file of certificates that works now, and soon will not.
package struct TLSFileWarning: Hashable, Sendable, CustomStringConvertible {
    /// What is to be seen to.
    package enum Concern: Hashable, Sendable {
        /// Ends within two weeks.
        case endsSoon(CertificateDate, days: Int64)
        /// One of several roots is not valid now, so that it vouches for nobody.
        case uselessRoot
        /// Names no host, so that no client takes it for a server's.
        case namesNoHost
    }

    /// The file as it was named.
    package let path: String
    let role: TLSFileFault.Role
    let subject: String
    /// What is to be seen to.
    package let concern: Concern

    /// One line for people.
    package var description: String {
        switch concern {
        case .endsSoon(let date, let days):
            "\(role.text) \(path): \(subject) expires on \(date), in \(days) days; renew it"
        case .uselessRoot:
            "\(role.text) \(path): \(subject) is not valid now and vouches for nobody; replace it"
        case .namesNoHost:
            "\(role.text) \(path): \(subject) names no host (subjectAltName); clients refuse it"
        }
    }
}
