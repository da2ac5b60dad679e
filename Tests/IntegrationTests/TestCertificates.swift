import Foundation
import SagaSystem

/// Certificates and keys made for one test, good ones and bad ones; `Tests/Certificates/make.sh`
/// says which.
struct TestCertificates {
    let folder: String

    /// Makes them in a new folder within another.
    init(in folder: TestFolder) async throws {
        self.folder = try folder.folder("certificates")
        let script = Programs.tests.appending(path: "Certificates/make.sh").path
        let status = try await ChildProcess(.init(script, [self.folder])).ended()
        guard status == .exited(0) else {
            throw Programs.Missing(description: "\(script) has ended: \(status)")
        }
    }

    /// The path of one.
    func file(_ name: String) -> String { "\(folder)/\(name)" }

    /// The flags of a server that shows the certificate `server.pem`, for the name `localhost`.
    var serverFlags: [String] {
        ["--tls-cert", file("server.pem"), "--tls-key", file("server.key")]
    }
}
