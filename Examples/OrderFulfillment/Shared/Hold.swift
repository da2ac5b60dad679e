import Foundation

/// Makes a handler wait in the middle of its transaction, so that a process can be killed there.
public struct Hold: Sendable {
    private let path: String?

    /// Waits while there is a file at the path; never if it is nil.
    public init(path: String?) {
        self.path = path
    }

    /// Returns once there is no such file. While it waits, the file holds the text.
    ///
    /// It blocks, and looks again and again: good enough to show a crash, and the transaction has a
    /// thread of its own, the database's.
    public func wait(_ text: String) {
        // Opened only if it is there: writing must not bring it back.
        guard let path, let file = FileHandle(forWritingAtPath: path) else { return }
        try? file.write(contentsOf: Data("\(text)\n".utf8))
        try? file.close()
        while FileManager.default.fileExists(atPath: path) {
            Thread.sleep(forTimeInterval: 0.01)
        }
    }
}
