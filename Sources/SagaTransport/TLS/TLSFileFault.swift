/// What is wrong with a file of certificates or a key, and how to mend it.
package struct TLSFileFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a file is given as.
    package enum Role: Hashable, Sendable {
        /// The own certificate, and those that vouch for it.
        case certificate
        /// The key of the own certificate.
        case key
        /// The roots that the other side's certificate is checked against.
        case roots
    }

    /// What is wrong. Places count from 1.
    package enum Problem: Error, Hashable, Sendable {
        /// The system's reason, in its words.
        case unreadable(String)
        case tooLarge(limitBytes: Int)
        case empty
        /// No block of PEM in it; `looksBinary` if it may be DER or PKCS #12.
        case notPEM(looksBinary: Bool)
        /// The block at this place has a beginning and no end.
        case cutOff(place: Int)
        /// Blocks, but none of those wanted; these are the kinds it has.
        case holds([String])
        /// The key asks for a passphrase.
        case encrypted
        /// The block of the wanted kind at this place cannot be read.
        case malformed(place: Int)
        case expired(subject: String, place: Int, on: CertificateDate)
        case notYetValid(subject: String, place: Int, until: CertificateDate)
        /// The key belongs to none of the certificates in the file of this name.
        case keyOfAnother(certificateFile: String)
        /// The key belongs to the certificate at this place, which must be the first.
        case leafNotFirst(place: Int)
        /// The certificate at `place` does not vouch for the one before it.
        case wrongOrder(place: Int, subject: String, wanted: String)
    }

    /// The file as it was named.
    package let path: String
    /// What it was given as.
    package let role: Role
    /// What is wrong with it.
    package let problem: Problem

    init(_ path: String, _ role: Role, _ problem: Problem) {
        self.path = path
        self.role = role
        self.problem = problem
    }

    /// One line for people: the file, what is wrong, and how to mend it.
    package var description: String { "\(role.text) \(path): \(text)" }

    private var text: String {
        switch problem {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .tooLarge(let limit): "is larger than \(limit >> 10) KiB; is it the right file?"
        case .empty: "is empty"
        case .notPEM(looksBinary: true):
            "is not PEM but binary (DER or PKCS #12); convert it with "
                + (role == .key ? "openssl pkey -inform DER" : "openssl x509 -inform DER")
                + " or openssl pkcs12"
        case .notPEM(looksBinary: false):
            "is not PEM: no line begins with -----BEGIN"
        case .cutOff(let place):
            "block \(place) has no -----END line; the file was cut off, copy it again"
        case .holds(let kinds): holds(kinds)
        case .encrypted:
            "is encrypted, and there is nobody to type the passphrase; take it off with "
                + "openssl pkey -in FILE -out FILE, and give the result mode 600"
        case .malformed(let place):
            "block \(place) is not \(role == .key ? "a key" : "a certificate") that can be read; "
                + "copy or make it again"
        case .expired(let subject, let place, let date):
            "certificate \(place) (\(subject)) expired on \(date); renew it"
        case .notYetValid(let subject, let place, let date):
            "certificate \(place) (\(subject)) is valid from \(date) on; is the clock right?"
        case .keyOfAnother(let file):
            "is not the key of the certificate in \(file); name the one it was made with"
        case .leafNotFirst(let place):
            "the key belongs to certificate \(place); put that first, then each certificate's "
                + "issuer behind it"
        case .wrongOrder(let place, let subject, let wanted):
            "certificate \(place) (\(subject)) is not the issuer of certificate \(place - 1), "
                + "which is \(wanted); put each certificate's issuer behind it"
        }
    }

    private func holds(_ kinds: [String]) -> String {
        let found = kinds.joined(separator: ", ")
        switch role {
        case .certificate, .roots:
            if kinds.contains(where: { $0.hasSuffix("PRIVATE KEY") }) {
                return "holds a key and no certificate; were two files swapped?"
            }
            if kinds.contains(where: { $0.hasSuffix("CERTIFICATE REQUEST") }) {
                return "holds a request for a certificate; name what the authority made of it"
            }
            return "holds no certificate (found: \(found))"
        case .key:
            if kinds.contains(where: { $0.hasSuffix("CERTIFICATE") }) {
                return "holds a certificate and no key; were two files swapped?"
            }
            if kinds.contains("PUBLIC KEY") {
                return "holds the public half of a key; name the private one"
            }
            return "holds no private key (found: \(found))"
        }
    }
}

extension TLSFileFault.Role {
    var text: String {
        switch self {
        case .certificate: "certificate file"
        case .key: "key file"
        case .roots: "file of roots"
        }
    }
}
