internal import SagaSystem

/// A certificate for this machine and its key, made for one run by `openssl`.
struct EchoCertificate {
    /// Why there is none.
    enum Failure: Error {
        case openssl(ChildProcess.Status)
    }

    let certificateFile: String
    let keyFile: String

    init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }

    /// Makes one that vouches for itself.
    static func make(in directory: String) throws -> EchoCertificate {
        let made = EchoCertificate(
            certificateFile: directory + "/certificate.pem", keyFile: directory + "/key.pem")
        let status = try ChildProcess(
            ChildProcess.Command(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", made.keyFile, "-out", made.certificateFile, "-days", "2",
                    "-subj", "/CN=sagabench", "-addext", "subjectAltName=IP:127.0.0.1",
                ], output: .discarded, error: .discarded)
        ).wait()
        guard status == .exited(0) else { throw Failure.openssl(status) }
        return made
    }
}
