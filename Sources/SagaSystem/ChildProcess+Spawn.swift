internal import CSagaShims
internal import Glibc

/// An open file with several holders, closed with the last of them.
final class SharedDescriptor: Sendable {
    private let descriptor: FileDescriptor

    var rawValue: Int32 { descriptor.rawValue }

    init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    func readToEnd() throws(SystemFailure) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            // SAFETY: the address is that of the chunk's storage, its count is given.
            let got = unsafe chunk.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(rawValue, buffer.baseAddress, buffer.count)
            }
            if got < 0 && errno == EINTR { continue }
            if got < 0 { throw .last("read", descriptor.path) }
            if got == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk[..<got])
        }
    }
}

/// One output of a child while it is being started.
struct ChildStream {
    /// The descriptor here that becomes the child's.
    let childEnd: Int32
    /// The end of the pipe that this process reads, if it is one.
    let reader: SharedDescriptor?
    /// Keeps the child's end open until the child has it.
    private let opened: SharedDescriptor?

    init(_ output: ChildProcess.Output, inherited: Int32) throws(SystemFailure) {
        switch output {
        case .inherited:
            self.init(childEnd: inherited, reader: nil, opened: nil)
        case .discarded:
            self.init(opened: try Self.open("/dev/null", O_WRONLY), reader: nil)
        case .file(let path):
            self.init(opened: try Self.open(path, O_WRONLY | O_CREAT | O_TRUNC), reader: nil)
        case .appended(let path):
            self.init(opened: try Self.open(path, O_WRONLY | O_CREAT | O_APPEND), reader: nil)
        case .pipe:
            var ends: [Int32] = [-1, -1]
            // SAFETY: the array has room for the two descriptors.
            guard unsafe saga_pipe(&ends) == 0 else { throw .last("pipe", nil) }
            let reader = SharedDescriptor(FileDescriptor(owning: ends[0], path: "pipe"))
            self.init(
                opened: SharedDescriptor(FileDescriptor(owning: ends[1], path: "pipe")),
                reader: reader)
        }
    }

    private init(childEnd: Int32, reader: SharedDescriptor?, opened: SharedDescriptor?) {
        self.childEnd = childEnd
        self.reader = reader
        self.opened = opened
    }

    private init(opened: SharedDescriptor, reader: SharedDescriptor?) {
        self.init(childEnd: opened.rawValue, reader: reader, opened: opened)
    }

    private static func open(_ path: String, _ flags: Int32) throws(SystemFailure)
        -> SharedDescriptor
    {
        // SAFETY: the path is a zero-terminated copy for the time of the call.
        let rawValue = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard rawValue >= 0 else { throw .last("open", path) }
        return SharedDescriptor(FileDescriptor(owning: rawValue, path: path))
    }
}

/// Starts a program with an empty signal mask, default dispositions and a group of its own.
///
/// The mask matters: a child started by Foundation inherits one that blocks SIGTERM.
func spawn(
    _ command: ChildProcess.Command, input: Int32, output: Int32, error: Int32
) throws(SystemFailure) -> Int32 {
    // SAFETY: the two objects and the set are initialized here, used only in this function, and
    // destroyed at its end; the descriptors are open for as long.
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    var signals = sigset_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
    }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
        &attributes,
        Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var process: pid_t = 0
    // SAFETY: both lists end with null and live for the time of the call.
    let code = unsafe withZeroTerminated([command.program] + command.arguments) { arguments in
        unsafe withZeroTerminated(environment(with: command.environment)) { variables in
            unsafe posix_spawnp(
                &process, command.program, &actions, &attributes, arguments, variables)
        }
    }
    guard code == 0 else {
        throw SystemFailure(
            operation: "posix_spawnp", path: command.program, code: ErrorNumber(rawValue: code))
    }
    return process
}

/// This process's environment with some variables set or replaced, as `NAME=value`.
private func environment(with changes: [String: String]) -> [String] {
    var result: [String] = []
    // SAFETY: the C library's list ends with null; nobody changes the environment while it is read.
    var next = unsafe saga_environment()
    while let entry = unsafe next?.pointee {
        let text = unsafe String(cString: entry)
        let name = text.prefix { $0 != "=" }
        if changes[String(name)] == nil { result.append(text) }
        unsafe next = unsafe next?.advanced(by: 1)
    }
    return result + changes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
}

private func withZeroTerminated<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    // SAFETY: each copy is freed after the body; the list ends with null.
    var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer {
        for index in 0..<strings.count { unsafe free(pointers[index]) }
    }
    return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
}
