internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// Whether a server asks its clients for certificates.
package enum ClientAuthentication: String, CaseIterable, Sendable {
    /// Nobody is asked.
    case off
    /// Who has none is let in without a name; who has one must have a good one.
    case asked
    /// Who has no good one is not let in.
    case required
}

/// The certificate of a server, and what it wants from its clients; read again without a connection
/// noticing.
package final class ServerTLS: Sendable {
    /// The files, and what is done with them.
    package struct Configuration: Sendable {
        /// The own certificate, with those between it and its root behind it.
        package var certificateFile: String
        /// Its key, without a passphrase.
        package var keyFile: String
        /// Whether clients are asked for certificates.
        package var clientAuthentication: ClientAuthentication
        /// What clients' certificates are checked against; needed unless nobody is asked.
        package var clientRootsFile: String?
        /// How long a client may take until its connection is secure.
        package var handshakeTimeout: Duration

        /// Names the files.
        package init(
            certificateFile: String, keyFile: String,
            clientAuthentication: ClientAuthentication = .off, clientRootsFile: String? = nil,
            handshakeTimeout: Duration = .seconds(10)
        ) {
            precondition(
                clientAuthentication == .off || clientRootsFile != nil,
                "clients are asked for certificates that nothing can check")
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.clientAuthentication = clientAuthentication
            self.clientRootsFile = clientRootsFile
            self.handshakeTimeout = handshakeTimeout
        }
    }

    /// What the server is run with.
    package let configuration: Configuration
    private let environment: TLSEnvironment
    /// What new connections begin with.
    private let current: Mutex<NIOSSLContext>
    /// What the files need seen to, as they were at the start.
    package let warnings: [TLSFileWarning]

    /// Reads the files; waits for the disk.
    package init(
        _ configuration: Configuration, _ environment: TLSEnvironment
    ) throws(TLSFileFault) {
        self.configuration = configuration
        self.environment = environment
        let (context, warnings) = try Self.load(configuration, environment)
        current = Mutex(context)
        self.warnings = warnings
    }

    /// Reads the files again: connections that come from now on get what they hold, those that are
    /// there keep what they have. On a fault everything stays as it was. Waits for the disk.
    package func reload() throws(TLSFileFault) -> [TLSFileWarning] {
        let (context, warnings) = try Self.load(configuration, environment)
        current.withLock { $0 = context }
        return warnings
    }

    /// What a connection that comes now begins with.
    var context: NIOSSLContext { current.withLock { $0 } }

    var now: CertificateDate { environment.now() }

    private static func load(
        _ configuration: Configuration, _ environment: TLSEnvironment
    ) throws(TLSFileFault) -> (NIOSSLContext, [TLSFileWarning]) {
        let own = try OwnCertificate(
            certificateFile: configuration.certificateFile, keyFile: configuration.keyFile,
            environment)
        var warnings = own.warnings
        let names = CertificateNames(own.chain[0])
        if names.hosts.isEmpty, names.addresses.isEmpty {
            warnings.append(
                TLSFileWarning(
                    path: configuration.certificateFile, role: .certificate,
                    subject: names.subject, concern: .namesNoHost))
        }
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: own.chain.map { .certificate($0) }, privateKey: .privateKey(own.key))
        tls.useHTTP2()
        if let file = configuration.clientRootsFile, configuration.clientAuthentication != .off {
            let (roots, rootWarnings) = try Certificates.readRoots(file, environment)
            warnings += rootWarnings
            tls.trustRoots = .certificates(roots)
            // Names are the client's to choose; that a root vouches for them is what is checked.
            tls.certificateVerification =
                configuration.clientAuthentication == .required
                ? .noHostnameVerification : .optionalVerification
            tls.sendCANameList = true
        }
        do {
            return (try NIOSSLContext(configuration: tls), warnings)
        } catch {
            // Key and certificates were each read, and fit; what is left is a key too weak to use.
            throw TLSFileFault(
                configuration.keyFile, .key, .unreadable("it cannot be used (\(error))"))
        }
    }
}

extension TLSConfiguration {
    /// What HTTP/2 asks of TLS (RFC 9113, 9.2): version 1.2 at least, with a suite that is not on
    /// the list of those prohibited, and the protocol's name.
    mutating func useHTTP2() {
        minimumTLSVersion = .tlsv12
        applicationProtocols = ["h2"]
        cipherSuiteValues = [
            .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        // A peer that does not say goodbye is not waited for.
        shutdownTimeout = .seconds(1)
    }
}
