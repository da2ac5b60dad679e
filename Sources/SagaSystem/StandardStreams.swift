internal import Glibc

/// The two streams that a process is given to write to; what is written here is not buffered.
package enum StandardStream: Int32, Sendable {
    /// What is asked for goes here.
    case output = 1
    /// All else goes here.
    case error = 2

    /// Writes a text as a whole; what a closed or full stream does not take is lost, which nobody
    /// could be told.
    package func write(_ text: String) {
        write(Array(text.utf8))
    }

    /// Writes bytes as a whole, with the same loss.
    package func write(_ bytes: [UInt8]) {
        try? writeAll(bytes)
    }

    /// Writes bytes as a whole, or says why not.
    package func writeAll(_ bytes: [UInt8]) throws(SystemFailure) {
        var written = 0
        while written < bytes.count {
            // SAFETY: the address lies in the array's storage, and the rest of it has that many
            // bytes.
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    rawValue, buffer.baseAddress! + written, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw .last("write", self == .output ? "standard output" : "standard error")
            }
            written += count
        }
    }

    /// Whether a person looks at it.
    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Whether a person types what this process reads.
    package static var inputIsTerminal: Bool { isatty(0) == 1 }
}
