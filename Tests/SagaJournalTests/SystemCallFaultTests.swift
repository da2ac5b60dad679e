import Foundation
import SagaJournal
import SagaSystem
import Testing

/// The n-th system call of each kind fails or kills the process, for every n that there is: at the
/// start, while appending, where segments are changed or freed, and while a torn tail is cut off.
/// The next start goes on with all that was acknowledged.
@Suite(.timeLimit(.minutes(15))) struct SystemCallFaultTests {
    /// How a run ended, and what it had said until then.
    private struct Run {
        var status: ChildProcess.Status
        var opened: UInt64?
        var acknowledged: UInt64 = 0
        var complaint: String
        var isInjected = false
    }

    private struct Missing: Error {
        var program: String
    }

    /// A directory with a torn tail, a leftover and a prepared segment; or an empty one.
    private enum Beginning: String, CaseIterable {
        case empty, torn
    }

    private static let faults = ["error=EIO", "error=ENOSPC", "signal=KILL"]
    /// A write that takes nothing, which is no error to the system.
    private static let nothingWritten = "retval=0"
    private static let calls = ["openat", "pwrite64", "fdatasync", "fsync", "renameat", "unlinkat"]

    /// Groups that a run appends: over three segments from an empty directory, one from a torn one.
    private static func groups(_ beginning: Beginning) -> Int { beginning == .empty ? 9 : 3 }

    private static var writer: String {
        get throws {
            let folder = Bundle.main.executableURL?.resolvingSymlinksInPath()
                .deletingLastPathComponent()
            guard let path = folder?.appending(path: "JournalWriter").path,
                FileManager.default.isExecutableFile(atPath: path)
            else { throw Missing(program: "JournalWriter: swift build") }
            return path
        }
    }

    private static func run(
        _ directory: String, groups: Int, wrapper: [String] = []
    ) throws -> Run {
        let line = wrapper + [try writer, directory, "\(groups)", "freeing"]
        let (output, error) = (directory + ".output", directory + ".error")
        let child = try ChildProcess(
            .init(
                line[0], Array(line.dropFirst()),
                environment: ["LD_PRELOAD": "", "_STDBUF_O": ""], output: .file(output),
                error: .file(error)))
        let status = try child.wait()
        var run = Run(
            status: status, complaint: try String(contentsOfFile: error, encoding: .utf8))
        for line in try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let position = UInt64(words[1]) else { continue }
            if words[0] == "opened" { run.opened = position }
            run.acknowledged = position
        }
        return run
    }

    /// Runs with the n-th call of a kind, on files of the directory, failing.
    private static func run(
        _ directory: String, _ beginning: Beginning, _ call: String, _ fault: String, at number: Int
    ) throws -> Run {
        let strace = "/usr/bin/strace"
        guard FileManager.default.isExecutableFile(atPath: strace) else {
            throw Missing(program: "strace: install the package strace")
        }
        let trace = directory + ".trace"
        var names = ["lock", "manifest", "manifest.new"]
        for segment in 1...6 {
            let name = "000000000\(segment).segment"
            names += [name, name + ".new"]
        }
        let existing = try FileManager.default.contentsOfDirectory(atPath: directory)
        let tornAt = torn(in: directory)
        names += existing + tornAt.flatMap { [$0, $0 + ".new"] }
        let paths = [directory] + Set(names).sorted().map { "\(directory)/\($0)" }
        let wrapper =
            [
                strace, "-f", "-qq", "-o", trace, "-e", "trace=\(call)", "-e",
                "inject=\(call):\(fault):when=\(number)",
            ] + paths.flatMap { ["-P", $0] }
        var run = try run(directory, groups: groups(beginning), wrapper: wrapper)
        let text = try String(contentsOfFile: trace, encoding: .utf8)
        run.isInjected = text.contains("INJECTED") || text.contains("SIGKILL")
        return run
    }

    /// The names that the bytes cut off get; found by a run of a copy.
    private static func torn(in directory: String) -> [String] {
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: directory + ".after")) ?? []
        return names.filter { $0.hasSuffix(".torn") }
    }

    /// Makes the directory that the runs begin with.
    private static func make(_ beginning: Beginning, _ directory: String) throws {
        try Directory.make(directory)
        guard beginning == .torn else { return }
        let first = try run(directory, groups: 4)
        try #require(first.status == .exited(0), "\(first.complaint)")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            .filter { $0.hasSuffix(".segment") }.sorted()
        // What a write that was cut has left, in the segment before the prepared one.
        let name = try #require(names.dropLast().last)
        let file = URL(filePath: "\(directory)/\(name)")
        var bytes = Array(try Data(contentsOf: file))
        let end = try #require(bytes.lastIndex { $0 != 0 })
        for index in end + 9..<end + 700 { bytes[index] = UInt8(truncatingIfNeeded: index | 1) }
        try Data(bytes).write(to: file)
        try Data([1, 2]).write(to: URL(filePath: "\(directory)/0000000009.segment.new"))
    }

    private static func copy(_ directory: String, to target: String) throws {
        try? FileManager.default.removeItem(atPath: target)
        try FileManager.default.copyItem(atPath: directory, toPath: target)
    }

    @Test(
        "Whatever call fails or kills, the next start has all that was acknowledged",
        arguments: Beginning.allCases)
    private func everyCall(_ beginning: Beginning) throws {
        let base = FileManager.default.temporaryDirectory
            .appending(path: "saga-faults-\(UUID().uuidString.prefix(8))").path
        try Directory.make(base)
        defer { try? FileManager.default.removeItem(atPath: base) }
        let (first, work) = ("\(base)/first", "\(base)/work")
        try Self.make(beginning, first)
        let before = beginning == .torn ? try Self.acknowledgedIn(first, work) : 0
        try Self.copy(first, to: work)
        let whole = try Self.run(work, groups: Self.groups(beginning))
        #expect(whole.status == .exited(0), "\(whole.complaint)")
        try Self.copy(work, to: work + ".after")

        var counts: [String: Int] = [:]
        var ends: [String: Int] = [:]
        for call in Self.calls {
            let others = call == "pwrite64" ? [Self.nothingWritten] : []
            for fault in Self.faults + others {
                var number = 1
                while true {
                    try Self.copy(first, to: work)
                    let run = try Self.run(work, beginning, call, fault, at: number)
                    guard run.isInjected else { break }
                    let note: Comment = "\(beginning), \(call) \(number), \(fault)"
                    ends["\(run.status)", default: 0] += 1
                    Self.expectTruth(run, fault, note)
                    let next = try Self.run(work, groups: 1)
                    #expect(next.status == .exited(0), "\(note): then \(next.complaint)")
                    #expect((next.opened ?? 0) >= max(run.acknowledged, before), note)
                    number += 1
                }
                counts[call, default: 0] += number - 1
            }
        }
        print("system calls from \(beginning): \(counts.sorted { $0.key < $1.key }), \(ends)")
        #expect(Self.calls.allSatisfy { counts[$0, default: 0] > 0 })
    }

    /// What a run says that was failed or killed.
    private static func expectTruth(_ run: Run, _ fault: String, _ note: Comment) {
        switch run.status {
        case .signaled(let signal): #expect(signal == SIGKILL && fault == "signal=KILL", note)
        // The number in the lock file may be missing, and a prepared segment too.
        case .exited(0): #expect(run.complaint.isEmpty, note)
        case .exited(74):
            let code = fault == "error=ENOSPC" ? "disk_full: " : "input_output: "
            let isTold = run.complaint.hasPrefix(code) || run.complaint.hasPrefix("input_output: ")
            #expect(isTold && run.complaint.hasSuffix("\n"), "\(note): \(run.complaint)")
        case .exited(let status): Issue.record("status \(status): \(note): \(run.complaint)")
        }
    }

    /// The last position of a directory as it is.
    private static func acknowledgedIn(_ first: String, _ work: String) throws -> UInt64 {
        try copy(first, to: work)
        return try #require(try run(work, groups: 0).opened)
    }
}
