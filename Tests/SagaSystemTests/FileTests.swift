import Glibc
import SagaSystem
import Testing

@Suite struct FileTests {
    private static func withDirectory(_ body: (borrowing Directory) throws -> Void) throws {
        let path = "/tmp/saga-files-\(SystemRandom.word())"
        try Directory.make(path)
        let directory = try Directory(opening: path)
        defer {
            for name in (try? directory.entries()) ?? [] { try? directory.remove(name) }
            rmdir(path)
        }
        try body(directory)
    }

    @Test func bytesComeBackCachedAndUncached() throws {
        try Self.withDirectory { directory in
            let file = try directory.open("a", creating: true)
            let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            try file.write(bytes.span, at: 100)
            try file.synchronizeData()
            #expect(try file.size() == 10_100)
            var cached: [UInt8] = []
            try file.read(at: 100, count: 20_000, into: &cached)
            #expect(cached == bytes)
            var uncached: [UInt8] = [9]
            try directory.openUncached("a").read(at: 4096, count: 5_000, into: &uncached)
            #expect(uncached == [9] + bytes[3996..<8996])
            uncached = []
            try directory.openUncached("a").read(at: 8192, count: 5_000, into: &uncached)
            #expect(uncached == Array(bytes[8092...]))
        }
    }

    @Test func namesChange() throws {
        try Self.withDirectory { directory in
            _ = try directory.open("a", creating: true)
            try directory.rename("a", to: "b")
            #expect(try directory.entries() == ["b"])
            try directory.synchronize()
            try directory.remove("b")
            #expect(try directory.entries().isEmpty)
            let path = directory.path
            #expect(
                throws: SystemFailure(operation: "openat", path: "\(path)/b", code: .notFound)
            ) { _ = try directory.open("b", creating: false) }
        }
    }

    @Test func filesAreTheOwnersOnly() throws {
        try Self.withDirectory { directory in
            let file = try directory.open("a", creating: true)
            var facts = stat()
            #expect(fstat(file.rawValue, &facts) == 0)
            #expect(facts.st_mode & 0o777 == 0o600)
            #expect(try directory.facts().mode == 0o700)
            #expect(try directory.facts().owner == ThisProcess.effectiveUser)
        }
    }

    @Test func lockIsExclusive() throws {
        try Self.withDirectory { directory in
            let first = try directory.openOrCreate("lock")
            let second = try directory.openOrCreate("lock")
            #expect(try first.tryLock())
            #expect(try !second.tryLock())
        }
    }

    static let magics: [(UInt64, FileSystemKind)] = [
        (0x0102_1994, .memory("tmpfs")), (0x6969, .network("nfs")), (0xEF53, .local),
        (0x5846_5342, .local),
    ]

    @Test(arguments: magics)
    func fileSystemsAreTold(_ magic: UInt64, _ kind: FileSystemKind) {
        #expect(FileSystemKind(magic: magic) == kind)
    }

    @Test func memoryDiskIsToldFromItsFiles() throws {
        #expect(try Directory(opening: "/dev/shm").facts().fileSystem == .memory("tmpfs"))
    }

    @Test func errorsHaveNameAndText() {
        #expect(ErrorNumber.inputOutput.description == "Input/output error (EIO)")
        #expect(ErrorNumber(rawValue: 99_999).description == "error 99999")
        #expect(
            SystemFailure(operation: "fdatasync", path: "/d/x", code: .noSpace).description
                == "fdatasync /d/x: No space left on device (ENOSPC)")
    }
}

@Suite(.timeLimit(.minutes(1))) struct ThreadTests {
    @Test func monitorHandsOver() throws {
        let monitor = Monitor(0)
        let thread = try SystemThread(name: "test") {
            for _ in 0..<1_000 { monitor.withLock { $0 += 1 } }
        }
        let seen: Int = monitor.wait { $0 >= 1_000 ? $0 : nil }
        thread.join()
        #expect(seen == 1_000)
    }
}
