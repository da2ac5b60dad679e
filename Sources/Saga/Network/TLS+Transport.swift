internal import FoundationEssentials
internal import SagaTransport

extension TLS {
    /// The transport's form of it.
    func forTransport() throws(SagaError) -> ClientTLS {
        let identity: (certificateFile: String, keyFile: String)?
        switch (certificate, key) {
        case (let certificate?, let key?): identity = (certificate, key)
        case (nil, nil): identity = nil
        case (nil, .some), (.some, nil):
            throw SagaError(
                .invalidArgument, reason: "TLS",
                "a certificate and its key are given together or not at all")
        }
        if let name, !ClientTLS.isHostName(name) {
            throw SagaError(
                .invalidArgument, reason: "TLS",
                "\"\(name)\" is no host name that a certificate could have; without one the "
                    + "address's own is taken")
        }
        return ClientTLS(
            rootsFile: ca, identity: identity, serverName: name, .ofThisProcess)
    }

    /// Reads the files, for who wants to know before the first connection. Returns what needs to be
    /// seen to, one line each.
    package func check() throws(SagaError) -> [String] {
        let tls = try forTransport()
        do throws(TLSFileFault) {
            return try tls.check().map(\.description)
        } catch {
            throw SagaError(error)
        }
    }
}

extension SagaError {
    /// The reason of a file of certificates or keys that is wrong.
    package static let tlsFile = "TLS_FILE"
    /// The reason of a connection that could not be made secure.
    package static let tls = "TLS"

    init(_ fault: TLSFileFault) {
        self.init(.invalidArgument, reason: Self.tlsFile, fault.description, cause: fault)
    }
}

extension TLSEnvironment {
    /// The files and the clock that this process sees.
    fileprivate static let ofThisProcess = TLSEnvironment(
        readFile: { path throws(TLSFileFault.Problem) in
            let bytes: [UInt8]
            do {
                bytes = Array(try Data(contentsOf: URL(filePath: path)))
            } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
                throw .unreadable("there is no such file")
            } catch let error as CocoaError where error.code == .fileReadNoPermission {
                throw .unreadable("permission denied")
            } catch {
                throw .unreadable("\(error)")
            }
            guard bytes.count <= fileBytes else { throw .tooLarge(limitBytes: fileBytes) }
            return bytes
        },
        now: { CertificateDate(secondsSince1970: Int64(Date().timeIntervalSince1970)) })
}
