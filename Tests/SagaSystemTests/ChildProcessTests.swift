import Glibc
import SagaSystem
import Testing

@Suite(.timeLimit(.minutes(1))) struct ChildProcessTests {
    typealias Command = ChildProcess.Command

    @Test(arguments: [0, 1, 64, 255] as [Int32])
    func exitStatusIsSeen(_ status: Int32) throws {
        let child = try ChildProcess(Command("sh", ["-c", "exit \(status)"]))
        #expect(try child.wait() == .exited(status))
        #expect(child.status == .exited(status))
    }

    @Test func outputsGoWhereTheyShall() throws {
        let child = try ChildProcess(
            Command("sh", ["-c", "echo out; echo err >&2"], output: .pipe, error: .pipe))
        #expect(try child.readOutput() == "out\n")
        #expect(try child.readError() == "err\n")
        #expect(try child.wait() == .exited(0))
        let path = "/tmp/saga-child-\(SystemRandom.word())"
        defer { unlink(path) }
        for word in ["one", "two"] {
            let output: ChildProcess.Output = word == "one" ? .file(path) : .appended(path)
            try ChildProcess(Command("echo", [word], output: output)).wait()
        }
        var bytes: [UInt8] = []
        try FileDescriptor.openForReading(path).read(at: 0, count: 100, into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "one\ntwo\n")
    }

    @Test func environmentIsAddedTo() throws {
        setenv("SAGA_CHILD_KEPT", "kept", 1)
        setenv("SAGA_CHILD_REPLACED", "old", 1)
        let child = try ChildProcess(
            Command(
                "sh", ["-c", "echo $SAGA_CHILD_KEPT $SAGA_CHILD_REPLACED $SAGA_CHILD_NEW"],
                environment: ["SAGA_CHILD_REPLACED": "new", "SAGA_CHILD_NEW": "a b"], output: .pipe)
        )
        #expect(try child.readOutput() == "kept new a b\n")
    }

    @Test func missingProgramIsAnError() {
        #expect(
            throws: SystemFailure(
                operation: "posix_spawnp", path: "/nowhere/at/all", code: .notFound)
        ) { _ = try ChildProcess(Command("/nowhere/at/all")) }
    }

    @Test func signalEndsTheWholeGroup() async throws {
        // The grandchild holds the pipe: it ends when both are gone.
        let child = try ChildProcess(
            Command("sh", ["-c", "echo started; sleep 600 & wait"], output: .pipe))
        let children = "/proc/\(child.identifier)/task/\(child.identifier)/children"
        while try WholeFile.read(children, limit: 4_096).isEmpty {
            #expect(try child.wait(microseconds: 1_000) == nil)
        }
        #expect(child.status == nil)
        child.sendToGroup(SIGKILL)
        #expect(try await child.ended() == .signaled(SIGKILL))
        #expect(try child.readOutput() == "started\n")
        child.send(SIGKILL)
    }

    @Test func terminationIsNotBlocked() throws {
        let child = try ChildProcess(Command("sleep", ["600"]))
        child.send(SIGTERM)
        #expect(try child.wait() == .signaled(SIGTERM))
    }

    @Test func droppedChildIsKilled() throws {
        let identifier: Int32
        do {
            let child = try ChildProcess(Command("sleep", ["600"]))
            identifier = child.identifier
            #expect(kill(identifier, 0) == 0)
        }
        #expect(kill(identifier, 0) == -1)
        #expect(errno == ESRCH)
    }
}

@Suite struct ResourceUseTests {
    @Test func workIsSeenInUse() throws {
        let before = try ResourceUse.ofThisProcess()
        var sum: UInt64 = 0
        let start = MonotonicInstant.now()
        while MonotonicInstant.now().microseconds(since: start) < 30_000 { sum &+= 1 }
        let after = try ResourceUse.ofThisProcess()
        #expect(after.processorMicroseconds > before.processorMicroseconds)
        #expect(after.peakResidentBytes >= after.residentBytes)
        #expect(after.anonymousBytes > 0 && after.anonymousBytes < after.residentBytes)
        #expect(sum > 0)
    }

    @Test func anotherProcessIsSeen() throws {
        let child = try ChildProcess(.init("sleep", ["600"]))
        let use = try ResourceUse.of(process: child.identifier)
        #expect(use.residentBytes > 0)
        child.send(SIGKILL)
        try child.wait()
        #expect(throws: SystemFailure.self) { try ResourceUse.of(process: child.identifier) }
    }

    @Test func clocksGoOn() {
        let first = MonotonicInstant.now()
        #expect(MonotonicInstant.now() >= first)
        // 2024-01-01: a clock in other units would be far off.
        #expect(WallClock.microsecondsSince1970() > 1_704_067_200_000_000)
        #expect(WallClock.microsecondsSince1970() < 1_704_067_200_000_000 * 10)
    }
}
