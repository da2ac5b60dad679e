internal import CSagaShims
internal import Glibc

/// A system call that failed: which, on what, and why.
package struct SystemFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the system call, such as `fdatasync`.
    package let operation: String

    /// What it was called on; nil where that is not a file or a program.
    package let path: String?

    /// Why it failed.
    package let code: ErrorNumber

    /// Makes a failure of its parts, also for tests that inject one.
    package init(operation: String, path: String?, code: ErrorNumber) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// One line for a log, such as `fdatasync /data/x: Input/output error (EIO)`.
    package var description: String {
        "\(operation)\(path.map { " " + $0 } ?? ""): \(code)"
    }

    /// The failure of a call that has just set `errno`.
    static func last(_ operation: String, _ path: String?) -> SystemFailure {
        SystemFailure(operation: operation, path: path, code: ErrorNumber(rawValue: errno))
    }
}

/// A value of `errno` with its name and text.
package struct ErrorNumber: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number that the kernel gave.
    package let rawValue: Int32

    /// Takes any number; an unknown one is shown as a number.
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// EIO: the device failed.
    package static let inputOutput = ErrorNumber(rawValue: EIO)
    /// ENOSPC: the file system is full.
    package static let noSpace = ErrorNumber(rawValue: ENOSPC)
    /// EDQUOT: the user has no more room on the file system.
    package static let quotaExceeded = ErrorNumber(rawValue: EDQUOT)
    /// ENOENT: there is no such file.
    package static let notFound = ErrorNumber(rawValue: ENOENT)
    /// ENOTDIR: a part of the path is not a directory.
    package static let notDirectory = ErrorNumber(rawValue: ENOTDIR)
    /// EEXIST: there is such a file already.
    package static let exists = ErrorNumber(rawValue: EEXIST)
    /// EACCES: the permissions forbid it.
    package static let accessDenied = ErrorNumber(rawValue: EACCES)
    /// EPERM: only the owner or root may.
    package static let notPermitted = ErrorNumber(rawValue: EPERM)
    /// EROFS: the file system is mounted read-only.
    package static let readOnlyFileSystem = ErrorNumber(rawValue: EROFS)
    /// EINVAL: the arguments do not fit.
    package static let invalidArgument = ErrorNumber(rawValue: EINVAL)
    /// EADDRINUSE: another socket has the address.
    package static let addressInUse = ErrorNumber(rawValue: EADDRINUSE)
    /// ENXIO here: the simulated machine has lost its power.
    package static let noDevice = ErrorNumber(rawValue: ENXIO)
    /// EPIPE: nobody reads at the other end.
    package static let brokenPipe = ErrorNumber(rawValue: EPIPE)
    /// ECHILD: there is no such child process to wait for.
    package static let noChild = ErrorNumber(rawValue: ECHILD)

    /// Text and name, such as `Input/output error (EIO)`.
    package var description: String {
        // SAFETY: both functions return null or a constant string of the C library.
        if let text = unsafe saga_error_text(rawValue), let name = unsafe saga_error_name(rawValue)
        {
            return unsafe "\(String(cString: text)) (\(String(cString: name)))"
        }
        return "error \(rawValue)"
    }
}
