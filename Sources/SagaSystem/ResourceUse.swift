internal import CSagaShims
internal import Glibc

/// What a process has used: processor time and memory.
package struct ResourceUse: Hashable, Sendable {
    /// Processor time in user mode, in microseconds.
    package var userMicroseconds: Int64
    /// Processor time in the kernel, in microseconds.
    package var systemMicroseconds: Int64
    /// The most memory that was resident at once, in bytes.
    package var peakResidentBytes: Int
    /// The anonymous memory resident now, in bytes: without pages of files and libraries.
    package var anonymousBytes: Int
    /// All memory resident now, in bytes.
    package var residentBytes: Int

    /// Processor time in all, in microseconds.
    package var processorMicroseconds: Int64 { userMicroseconds + systemMicroseconds }

    /// What this process has used so far.
    package static func ofThisProcess() throws(SystemFailure) -> ResourceUse {
        var use = try of(process: getpid())
        var precise = rusage()
        // SAFETY: the address is that of a local variable for the time of the call.
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &precise) == 0 else {
            throw .last("getrusage", nil)
        }
        use.userMicroseconds = microseconds(precise.ru_utime)
        use.systemMicroseconds = microseconds(precise.ru_stime)
        return use
    }

    /// What another process has used so far, from `/proc`; its times are in steps of a clock tick.
    package static func of(process: Int32) throws(SystemFailure) -> ResourceUse {
        let statPath = "/proc/\(process)/stat"
        let statusPath = "/proc/\(process)/status"
        let ticks = try processorTicks(try text(of: statPath), statPath)
        let tickMicroseconds = 1_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))
        let status = try text(of: statusPath)
        return ResourceUse(
            userMicroseconds: ticks.user * tickMicroseconds,
            systemMicroseconds: ticks.system * tickMicroseconds,
            peakResidentBytes: bytes("VmHWM", in: status),
            anonymousBytes: bytes("RssAnon", in: status),
            residentBytes: bytes("VmRSS", in: status))
    }

    private static func processorTicks(
        _ text: String, _ path: String
    ) throws(SystemFailure) -> (user: Int64, system: Int64) {
        // proc(5): the name, field 2, stands in parentheses and may hold anything; utime and
        // stime are fields 14 and 15, so the 12th and 13th behind it.
        guard let nameEnd = text.lastIndex(of: ")") else {
            throw SystemFailure(operation: "read", path: path, code: .invalidArgument)
        }
        let fields = text[text.index(after: nameEnd)...].split(separator: " ")
        guard fields.count > 12, let user = Int64(fields[11]), let system = Int64(fields[12]) else {
            throw SystemFailure(operation: "read", path: path, code: .invalidArgument)
        }
        return (user, system)
    }

    /// The value of a line `Name:   123 kB` in bytes; 0 without such a line (a process that ended).
    private static func bytes(_ name: String, in status: String) -> Int {
        for line in status.split(separator: "\n") where line.hasPrefix(name + ":") {
            let words = line.split { $0 == " " || $0 == "\t" }
            if words.count > 1, let kibibytes = Int(words[1]) { return kibibytes * 1024 }
        }
        return 0
    }

    private static func microseconds(_ time: timeval) -> Int64 {
        Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_usec)
    }

    private static func text(of path: String) throws(SystemFailure) -> String {
        var bytes: [UInt8] = []
        try FileDescriptor.openForReading(path).read(at: 0, count: 16_384, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Who this process is.
package enum ThisProcess {
    /// Its number.
    package static var identifier: Int32 { getpid() }

    /// Gives memory that was freed back to the kernel, which the allocator else keeps.
    ///
    /// For the end of a phase that needed far more than what follows, such as a recovery.
    package static func returnFreeMemory() {
        saga_return_free_memory()
    }

    /// The user whose rights it has.
    package static var effectiveUser: UInt32 { geteuid() }

    /// How many processors it may use.
    package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Whether what it writes to stderr goes into the journal of systemd, which adds the time
    /// (systemd.exec(5)).
    package static var isUnderJournald: Bool {
        // DEVICE:INODE of the stream: a child whose stderr goes elsewhere has the variable too.
        guard let stream = environment("JOURNAL_STREAM") else { return false }
        var facts = stat()
        // SAFETY: the address is that of a local variable for the time of the call.
        guard unsafe fstat(STDERR_FILENO, &facts) == 0 else { return false }
        return stream == "\(facts.st_dev):\(facts.st_ino)"
    }

    /// The path of a program that stands beside this one.
    package static func sibling(_ name: String) -> String {
        // The kernel names the file that runs, wherever it was started from (proc(5)).
        var buffer = [CChar](repeating: 0, count: 4_096)
        // SAFETY: the link's content is written into the array, at most as much as it holds.
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(
            decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let slash = own.lastIndex(of: "/") else { return name }
        return own[...slash] + name
    }

    /// Ends the process at once, from any thread, without running what was registered for its end.
    package static func end(status: Int32) -> Never { _exit(status) }

    /// Lets a write to a closed connection be an error instead of the end of the process.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}
