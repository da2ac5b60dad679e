internal import Glibc

/// How many files, sockets among them, this process may have open.
package enum FileLimit {
    /// Raises what is in force as far as this process may by itself; returns what is in force then.
    ///
    /// What is in force at first is small for the sake of old programs that use `select`
    /// (systemd's authors: "File Descriptor Limits", 2019); a server takes what it is given.
    package static func raise() throws(SystemFailure) -> Int {
        var limit = try limits()
        guard limit.rlim_cur < limit.rlim_max else { return Int(clamping: limit.rlim_cur) }
        limit.rlim_cur = limit.rlim_max
        // SAFETY: the address is that of a local variable for the time of the call.
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw .last("setrlimit", nil)
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many may be open now.
    package static func inForce() throws(SystemFailure) -> Int {
        Int(clamping: try limits().rlim_cur)
    }

    /// How many are open now.
    package static func openFiles() throws(SystemFailure) -> Int {
        // Without the one that the list is read from.
        try Directory(opening: "/proc/self/fd").entries().count - 1
    }

    private static func limits() throws(SystemFailure) -> rlimit {
        var limit = rlimit()
        // SAFETY: the address is that of a local variable for the time of the call.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw .last("getrlimit", nil)
        }
        return limit
    }
}
