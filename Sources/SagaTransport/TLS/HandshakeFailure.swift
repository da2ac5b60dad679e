internal import NIOSSL

/// Why a connection did not become secure, for both sides.
package enum HandshakeFailure: Error, Hashable, Sendable {
    /// The peer's bytes are not TLS.
    case notTLS
    /// The peer speaks TLS where none is spoken here.
    case unexpectedTLS
    /// The peer agrees to no protocol that could be spoken: it gave this one.
    case notHTTP2(String?)
    /// No version of TLS, or no suite, that both sides take.
    case nothingInCommon
    /// The peer was asked for a certificate and has none.
    case noCertificate
    /// No root of ours vouches for the peer's certificate; its names, and who made it.
    case untrusted(names: String, issuer: String)
    /// The peer's certificate is not valid any more.
    case expired(names: String, on: CertificateDate)
    /// The peer's certificate is not valid yet.
    case notYetValid(names: String, until: CertificateDate)
    /// The peer's certificate is good, and for others.
    case wrongName(wanted: String, names: String)
    /// The peer wants a certificate of us, and got none.
    case certificateWanted
    /// The peer takes no certificate of ours: the alert it sent.
    case certificateRefused(String)
    /// The peer closed the connection without a word.
    case closed
    /// The peer closed the connection when it was secure, before it said anything.
    case closedBehindHandshake
    /// The time was over.
    case timedOut
    /// Anything else, in the library's words.
    case other(String)
}

extension HandshakeFailure {
    /// What is counted and throttled by; the raw value is its name in counters and logs, and stays.
    package enum Kind: String, CaseIterable, Sendable {
        /// The time was over.
        case timedOut = "timed_out"
        /// Bytes that are not TLS came.
        case notTLS = "not_tls"
        /// TLS came where none is spoken.
        case unexpectedTLS = "unexpected_tls"
        /// HTTP/2 was not agreed on.
        case notHTTP2 = "not_http2"
        /// No version of TLS, or no suite, that both sides take.
        case nothingInCommon = "nothing_in_common"
        /// The peer had no certificate, or none that is trusted.
        case peersCertificate = "peers_certificate"
        /// The peer does not take our certificate, or wants one and got none.
        case ownCertificate = "own_certificate"
        /// The peer went without a word.
        case closed
        /// Anything else.
        case other
    }

    /// The kind of failure, without what a peer may fill in.
    package var kind: Kind {
        switch self {
        case .timedOut: .timedOut
        case .notTLS: .notTLS
        case .unexpectedTLS: .unexpectedTLS
        case .notHTTP2: .notHTTP2
        case .nothingInCommon: .nothingInCommon
        case .noCertificate, .untrusted, .expired, .notYetValid, .wrongName: .peersCertificate
        case .certificateWanted, .certificateRefused: .ownCertificate
        case .closed, .closedBehindHandshake: .closed
        case .other: .other
        }
    }
}

extension HandshakeFailure {
    /// Reads what the library says. The peer's certificate and our roots tell why it was not
    /// trusted, which the library keeps to itself.
    init(
        _ error: any Error, peer: NIOSSLCertificate?, roots: [NIOSSLCertificate]?,
        now: CertificateDate
    ) {
        switch error {
        case let failure as HandshakeFailure: self = failure
        case NIOSSLError.handshakeFailed(let failure):
            self = Self.read(failure, peer: peer, roots: roots, now: now)
        case let failure as BoringSSLError:
            self = Self.read(failure, peer: peer, roots: roots, now: now)
        case NIOSSLError.uncleanShutdown: self = .closed
        default: self = .other("\(error)")
        }
    }

    private static func read(
        _ failure: BoringSSLError, peer: NIOSSLCertificate?, roots: [NIOSSLCertificate]?,
        now: CertificateDate
    ) -> HandshakeFailure {
        switch failure {
        case .sslError(let stack), .unknownError(let stack):
            if stack.contains(.eofDuringHandshake) { return .closed }
            // The library gives its reasons as text only: `error:1000..:OPENSSL_internal:REASON
            // at`.
            let words = stack.map(\.description)
            for word in words {
                guard let reason = Reason.allCases.first(where: { word.contains($0.rawValue) })
                else { continue }
                return reason.failure(peer: peer, roots: roots, now: now)
            }
            return .other(words.isEmpty ? "TLS failed" : words.joined(separator: "; "))
        case .syscallError, .zeroReturn: return .closed
        default: return .other("\(failure)")
        }
    }

    /// Why a certificate was not taken that is not valid under the roots.
    static func distrust(
        _ peer: NIOSSLCertificate?, roots: [NIOSSLCertificate]?, now: CertificateDate
    ) -> HandshakeFailure {
        guard let peer else { return .untrusted(names: "nobody", issuer: "nobody") }
        let names = CertificateNames(peer).listed
        if peer.end < now { return .expired(names: names, on: peer.end) }
        if now < peer.begin { return .notYetValid(names: names, until: peer.begin) }
        if let root = roots?.first(where: { $0.subjectName == peer.issuerName }), root.end < now {
            return .expired(names: CertificateNames(root).listed, on: root.end)
        }
        return .untrusted(names: names, issuer: CertificateNames.text(peer.issuerName))
    }
}

/// The library's reasons that can be told better than it does (BoringSSL: `ssl.errordata`).
private enum Reason: String, CaseIterable {
    case certificateVerifyFailed = ":CERTIFICATE_VERIFY_FAILED"
    case noCertificate = ":PEER_DID_NOT_RETURN_A_CERTIFICATE"
    case wrongVersion = ":WRONG_VERSION_NUMBER"
    case plainRequest = ":HTTP_REQUEST"
    case proxyRequest = ":HTTPS_PROXY_REQUEST"
    case unexpectedRecord = ":UNEXPECTED_RECORD"
    case unsupportedProtocol = ":UNSUPPORTED_PROTOCOL"
    case noSharedCipher = ":NO_SHARED_CIPHER"
    case noSharedGroup = ":NO_SHARED_GROUP"
    case alertVersion = "ALERT_PROTOCOL_VERSION"
    case alertCertificateRequired = "ALERT_CERTIFICATE_REQUIRED"
    case alertUnknownAuthority = "ALERT_UNKNOWN_CA"
    case alertBadCertificate = "ALERT_BAD_CERTIFICATE"
    case alertExpired = "ALERT_CERTIFICATE_EXPIRED"
    case alertRevoked = "ALERT_CERTIFICATE_REVOKED"
    case alertUnknownCertificate = "ALERT_CERTIFICATE_UNKNOWN"
    case alertUnsupportedCertificate = "ALERT_UNSUPPORTED_CERTIFICATE"
    case alertAccessDenied = "ALERT_ACCESS_DENIED"
    case alertNoProtocol = "ALERT_NO_APPLICATION_PROTOCOL"
    case alertHandshakeFailure = "ALERT_HANDSHAKE_FAILURE"

    func failure(
        peer: NIOSSLCertificate?, roots: [NIOSSLCertificate]?, now: CertificateDate
    ) -> HandshakeFailure {
        switch self {
        case .certificateVerifyFailed: .distrust(peer, roots: roots, now: now)
        case .noCertificate: .noCertificate
        case .wrongVersion, .plainRequest, .proxyRequest, .unexpectedRecord: .notTLS
        case .unsupportedProtocol, .noSharedCipher, .noSharedGroup, .alertVersion: .nothingInCommon
        // Before TLS 1.3 there was no alert of its own for a certificate that is missing.
        case .alertCertificateRequired, .alertHandshakeFailure: .certificateWanted
        case .alertUnknownAuthority: .certificateRefused("its authority is not known there")
        case .alertExpired: .certificateRefused("it has expired")
        case .alertRevoked: .certificateRefused("it was revoked")
        case .alertBadCertificate, .alertUnknownCertificate, .alertUnsupportedCertificate,
            .alertAccessDenied:
            .certificateRefused("it is not good enough there")
        case .alertNoProtocol: .notHTTP2(nil)
        }
    }
}
