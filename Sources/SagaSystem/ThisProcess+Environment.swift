internal import Glibc

extension ThisProcess {
    /// The value of an environment variable; nil if it is not set.
    package static func environment(_ name: String) -> String? {
        // SAFETY: the name is zero-terminated for the call; nobody changes the environment while
        // the value is copied.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// What this machine calls itself; empty if it cannot be told.
    package static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        // SAFETY: the address is that of the array for the time of the call, its length is given.
        guard unsafe gethostname(&name, name.count) == 0 else { return "" }
        return String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// From now on files and sockets that are made are for their owner alone, whatever rights are
    /// asked for, until they are given others.
    package static func keepNewFilesPrivate() {
        umask(0o077)
    }
}
