internal import NIOSSL

/// Files of certificates.
enum Certificates {
    /// The blocks of a file.
    static func blocks(
        _ path: String, _ role: TLSFileFault.Role, _ environment: TLSEnvironment
    ) throws(TLSFileFault) -> [PEMText.Block] {
        do throws(TLSFileFault.Problem) {
            return try PEMText(environment.readFile(path)).blocks
        } catch {
            throw TLSFileFault(path, role, error)
        }
    }

    static func kinds(_ blocks: [PEMText.Block]) -> [String] {
        var kinds: [String] = []
        for block in blocks where !kinds.contains(block.kind) { kinds.append(block.kind) }
        return kinds
    }

    /// The certificates of a file, in its order, at least one.
    static func read(
        _ path: String, _ role: TLSFileFault.Role, _ environment: TLSEnvironment
    ) throws(TLSFileFault) -> [NIOSSLCertificate] {
        let blocks = try blocks(path, role, environment)
        var certificates: [NIOSSLCertificate] = []
        for (place, block) in blocks.enumerated() where block.isCertificate {
            guard let certificate = try? NIOSSLCertificate(bytes: block.bytes, format: .pem) else {
                throw TLSFileFault(path, role, .malformed(place: place + 1))
            }
            certificates.append(certificate)
        }
        guard !certificates.isEmpty else { throw TLSFileFault(path, role, .holds(kinds(blocks))) }
        return certificates
    }

    /// The roots of a file. One that is not valid now is a warning; when all are so, a fault.
    static func readRoots(
        _ path: String, _ environment: TLSEnvironment
    ) throws(TLSFileFault) -> (roots: [NIOSSLCertificate], warnings: [TLSFileWarning]) {
        let roots = try read(path, .roots, environment)
        let now = environment.now()
        var warnings: [TLSFileWarning] = []
        var firstProblem: TLSFileFault.Problem?
        for (place, root) in roots.enumerated() {
            guard let problem = problem(root, place: place + 1, at: now) else { continue }
            firstProblem = firstProblem ?? problem
            warnings.append(
                TLSFileWarning(
                    path: path, role: .roots, subject: CertificateNames.text(root.subjectName),
                    concern: .uselessRoot))
        }
        if warnings.count == roots.count, let firstProblem {
            throw TLSFileFault(path, .roots, firstProblem)
        }
        return (roots, warnings + endingSoon(roots, path, .roots, at: now))
    }

    /// Why a certificate is not valid at a moment; nil if it is.
    static func problem(
        _ certificate: NIOSSLCertificate, place: Int, at now: CertificateDate
    ) -> TLSFileFault.Problem? {
        let subject = CertificateNames.text(certificate.subjectName)
        if certificate.end < now {
            return .expired(subject: subject, place: place, on: certificate.end)
        }
        if now < certificate.begin {
            return .notYetValid(subject: subject, place: place, until: certificate.begin)
        }
        return nil
    }

    static func endingSoon(
        _ certificates: [NIOSSLCertificate], _ path: String, _ role: TLSFileFault.Role,
        at now: CertificateDate
    ) -> [TLSFileWarning] {
        let horizon = now.advanced(byDays: OwnCertificate.warningDays)
        return certificates.filter { $0.end >= now && $0.end < horizon }.map {
            TLSFileWarning(
                path: path, role: role, subject: CertificateNames.text($0.subjectName),
                concern: .endsSoon($0.end, days: $0.end.days(since: now)))
        }
    }
}

extension PEMText.Block {
    var isCertificate: Bool {
        ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].contains(kind)
    }
}

extension NIOSSLCertificate {
    var begin: CertificateDate { CertificateDate(secondsSince1970: Int64(notValidBefore)) }
    var end: CertificateDate { CertificateDate(secondsSince1970: Int64(notValidAfter)) }
}
