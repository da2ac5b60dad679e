internal import NIOSSL

/// How a client makes its connections secure. The files are read for each connection anew, so that
/// renewed certificates are used without a restart.
package struct ClientTLS: Sendable {
    /// The roots that servers' certificates are checked against; nil for those of the machine.
    package var rootsFile: String?
    /// The own certificate and its key, for servers that ask for one.
    package var identity: (certificateFile: String, keyFile: String)?
    /// The name that the server's certificate must have; nil for the address's.
    package var serverName: String?
    let environment: TLSEnvironment

    /// Names the files.
    package init(
        rootsFile: String? = nil, identity: (certificateFile: String, keyFile: String)? = nil,
        serverName: String? = nil, _ environment: TLSEnvironment
    ) {
        self.rootsFile = rootsFile
        self.identity = identity
        self.serverName = serverName
        self.environment = environment
    }

    /// Whether a text can be the name in a server's certificate: a host's, and no IP address.
    package static func isHostName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
                    || byte == 0x2d || byte == 0x2e || byte == 0x5f
            } && !text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2e }
    }

    /// Reads the files, as each connection does; waits for the disk.
    ///
    /// Returns what needs to be seen to.
    package func check() throws(TLSFileFault) -> [TLSFileWarning] { try load().warnings }

    /// What one connection is made with.
    struct Loaded: Sendable {
        let context: NIOSSLContext
        /// Nil if they are the machine's.
        let roots: [NIOSSLCertificate]?
        let warnings: [TLSFileWarning]
    }

    func load() throws(TLSFileFault) -> Loaded {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.useHTTP2()
        var warnings: [TLSFileWarning] = []
        var roots: [NIOSSLCertificate]?
        if let rootsFile {
            let read = try Certificates.readRoots(rootsFile, environment)
            roots = read.roots
            warnings += read.warnings
            tls.trustRoots = .certificates(read.roots)
        }
        if let identity {
            let own = try OwnCertificate(
                certificateFile: identity.certificateFile, keyFile: identity.keyFile, environment)
            tls.certificateChain = own.chain.map { .certificate($0) }
            tls.privateKey = .privateKey(own.key)
            warnings += own.warnings
        }
        do {
            return Loaded(
                context: try NIOSSLContext(configuration: tls), roots: roots, warnings: warnings)
        } catch {
            // Given files were read and fit; what is left are the machine's roots, or a weak key.
            throw TLSFileFault(
                identity?.keyFile ?? "of this machine", identity == nil ? .roots : .key,
                .unreadable("it cannot be used (\(error))"))
        }
    }
}
