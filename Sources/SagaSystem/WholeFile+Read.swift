internal import Glibc

extension WholeFile {
    /// What a file holds from its beginning to its end; a pipe or terminal until it is closed.
    ///
    /// - Parameters:
    ///   - path: the file; nil for what this process is given on its standard input.
    ///   - limit: how many bytes are kept at most; what is longer gives one byte more than this, so
    ///     that the caller can tell.
    package static func read(_ path: String?, limit: Int) throws(SystemFailure) -> [UInt8] {
        guard let path else { return try read(descriptor: STDIN_FILENO, "standard input", limit) }
        let file = try FileDescriptor.openForReading(path)
        return try read(descriptor: file.rawValue, path, limit)
    }

    private static func read(
        descriptor: Int32, _ name: String, _ limit: Int
    ) throws(SystemFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= limit {
            let wanted = min(buffer.count, limit + 1 - bytes.count)
            // SAFETY: the address is that of the array for the time of the call, and `wanted` is at
            // most its count.
            let got = unsafe Glibc.read(descriptor, &buffer, wanted)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .last("read", name) }
            if got == 0 { break }
            bytes += buffer[..<got]
        }
        return bytes
    }
}
