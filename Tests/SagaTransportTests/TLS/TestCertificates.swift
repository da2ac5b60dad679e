import Foundation
import SagaSystem

@testable import SagaTransport

/// A folder with what `Tests/Certificates/make.sh` makes: beside the build, made anew each day and
/// when the script has changed.
struct TestCertificates: Sendable {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private static let made = Result { try make() }

    private let folder: URL

    init() throws { folder = try Self.made.get() }

    private static func make() throws -> URL {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let script = tests.appending(path: "Certificates/make.sh").path
        let day = Int(Date().timeIntervalSince1970 / 86_400)
        let text = try WholeFile.read(script)
        let shelf = tests.deletingLastPathComponent().appending(path: ".build/test-certificates")
        let folder = shelf.appending(path: "\(day)-\(CRC32C.checksum(text.span))")
        if FileManager.default.fileExists(atPath: folder.path) { return folder }
        let fresh = shelf.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: fresh, withIntermediateDirectories: true)
        let status = try ChildProcess(.init(script, [fresh.path])).wait()
        guard status == .exited(0) else {
            throw Missing(description: "\(script) has ended: \(status)")
        }
        do {
            try FileManager.default.moveItem(at: fresh, to: folder)
        } catch {
            // Another run of the tests was faster.
            try FileManager.default.removeItem(at: fresh)
        }
        return folder
    }

    /// The path of a file.
    func callAsFunction(_ name: String) -> String { folder.appending(path: name).path }

    func bytes(_ name: String) throws -> [UInt8] { try WholeFile.read(self(name)) }
}

extension TLSEnvironment {
    /// The real files and the real clock.
    static let test = TLSEnvironment(
        readFile: { path throws(TLSFileFault.Problem) in
            do throws(SystemFailure) {
                return try WholeFile.read(path, limit: fileBytes)
            } catch {
                throw .unreadable("\(error.code)")
            }
        },
        now: { CertificateDate(secondsSince1970: Int64(Date().timeIntervalSince1970)) })

    /// The same, some days on.
    static func test(days: Int64) -> TLSEnvironment {
        TLSEnvironment(readFile: test.readFile) { test.now().advanced(byDays: days) }
    }

    /// The same, at a moment.
    static func test(at moment: CertificateDate) -> TLSEnvironment {
        TLSEnvironment(readFile: test.readFile) { moment }
    }
}
