import Foundation

/// The repository these tests were built from.
enum SourceTree {
    /// One text file; its path counts from the root.
    struct File {
        let path: String
        let text: String

        /// The name without the folders.
        var name: String { String(path.split(separator: "/").last ?? "") }

        /// The target whose source this is, nil outside of `Sources`.
        var target: String? {
            let parts = path.split(separator: "/")
            return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
        }
    }

    /// Three folders above this file.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The files below some folders whose names end with one of the extensions, sorted by path.
    static func files(
        below folders: [String], extensions: Set<String>
    ) throws -> [File] {
        var files: [File] = []
        for folder in folders {
            let start = root.appending(path: folder)
            guard let paths = FileManager.default.enumerator(atPath: start.path) else { continue }
            for case let path as String in paths {
                let isHidden = path.split(separator: "/").contains { $0.hasPrefix(".") }
                guard !isHidden, extensions.contains((path as NSString).pathExtension) else {
                    continue
                }
                let text = try String(contentsOf: start.appending(path: path), encoding: .utf8)
                files.append(File(path: "\(folder)/\(path)", text: text))
            }
        }
        return files.sorted { $0.path < $1.path }
    }

    /// The Swift files of all targets.
    static func sources() throws -> [File] {
        try files(below: ["Sources"], extensions: ["swift"])
    }

    /// The names of the folders in `Sources`.
    static func targets() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path)
            .filter { !$0.hasPrefix(".") }.sorted()
    }
}
