extension HandshakeFailure {
    /// What a client is told: what is wrong with the server, or with what the client gave it.
    package var clientText: String {
        switch self {
        case .notTLS: "the server does not speak TLS"
        case .unexpectedTLS: "the server speaks TLS, and this client was not told to"
        case .notHTTP2(nil): "the server speaks TLS, but not HTTP/2 (ALPN h2)"
        case .notHTTP2(let name?): "the server speaks \(name) over TLS and not HTTP/2 (ALPN h2)"
        case .nothingInCommon:
            "the server takes no version of TLS that is safe (1.2 or 1.3 with forward secrecy)"
        case .noCertificate: "the server has no certificate"
        case .untrusted(let names, let issuer):
            "the server's certificate (\(names)) is not trusted: it was made by \(issuer), which "
                + "is not among the roots, or what stands between was not sent"
        case .expired(let names, let date):
            "the server's certificate (\(names)) expired on \(date)"
        case .notYetValid(let names, let date):
            "the server's certificate (\(names)) is valid from \(date) on; is the clock right?"
        case .wrongName(let wanted, let names):
            "the server's certificate is for \(names), not for \(wanted)"
        case .certificateWanted: "the server wants a client certificate, and was given none"
        case .certificateRefused(let reason):
            "the server does not take this client's certificate: \(reason)"
        case .closed: "the server closed the connection during the TLS handshake"
        case .closedBehindHandshake:
            "the server closed the connection right behind the TLS handshake; it may want a client "
                + "certificate"
        case .timedOut: "the TLS handshake timed out"
        case .other(let text): "TLS failed: \(text)"
        }
    }

    /// What a server logs of a client: short, since clients are many.
    package var serverText: String {
        switch self {
        case .notTLS: "client does not speak TLS"
        case .unexpectedTLS: "client speaks TLS on a port without"
        case .notHTTP2(nil): "client does not offer HTTP/2 (ALPN h2)"
        case .notHTTP2(let name?): "client wants \(name) and not HTTP/2 (ALPN h2)"
        case .nothingInCommon: "no version of TLS and no cipher that both take"
        case .noCertificate: "client has no certificate"
        case .untrusted(let names, let issuer):
            "client's certificate is not trusted: \(names), made by \(issuer)"
        case .expired(let names, let date): "client's certificate expired on \(date): \(names)"
        case .notYetValid(let names, let date):
            "client's certificate is valid from \(date) on: \(names)"
        case .wrongName(let wanted, let names): "certificate is for \(names), not for \(wanted)"
        case .certificateWanted: "client found nothing to agree on"
        case .certificateRefused(let reason): "client does not take the certificate: \(reason)"
        case .closed: "client closed the connection during the handshake"
        case .closedBehindHandshake: "client closed the connection behind the handshake"
        case .timedOut: "handshake timed out"
        case .other(let text): text
        }
    }
}
