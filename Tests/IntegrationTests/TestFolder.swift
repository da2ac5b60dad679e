import Foundation

/// A folder of a test's own, removed with everything in it when nobody holds it any more.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory
            .appending(path: "saga-test-\(UUID().uuidString.prefix(13))").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of something in it.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes a folder in it.
    func folder(_ name: String, mode: Int = 0o700) throws -> String {
        try FileManager.default.createDirectory(
            atPath: file(name), withIntermediateDirectories: false,
            attributes: [.posixPermissions: mode])
        return file(name)
    }
}
