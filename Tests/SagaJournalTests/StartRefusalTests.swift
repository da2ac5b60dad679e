import Foundation
import SagaJournal
import SagaSystem
import Testing

/// A process that cannot start in a real directory: the reason, the status, and nothing changed.
@Suite(.timeLimit(.minutes(2))) struct StartRefusalTests {
    private struct Ended: Equatable {
        var status: ChildProcess.Status
        var complaint: String
    }

    /// Runs the writer, behind a command of a shell in a mount namespace of its own if there is one.
    private static func run(_ data: String, groups: Int = 1, mount: String? = nil) throws -> Ended {
        let folder = Bundle.main.executableURL?.resolvingSymlinksInPath()
            .deletingLastPathComponent()
        let writer = try #require(folder?.appending(path: "JournalWriter").path)
        var line = [writer, data, "\(groups)", "inline"]
        if let mount {
            // As another user than root, in a user namespace too.
            let flags = ThisProcess.effectiveUser == 0 ? ["-m"] : ["-rm"]
            line =
                ["unshare"] + flags + ["sh", "-c", "\(mount) && exec \"$@\"", "sh"] + line
        }
        let error = data + ".error"
        let child = try ChildProcess(
            .init(
                line[0], Array(line.dropFirst()),
                environment: ["LD_PRELOAD": "", "_STDBUF_O": ""], output: .discarded,
                error: .file(error)))
        return Ended(
            status: try child.wait(), complaint: try String(contentsOfFile: error, encoding: .utf8))
    }

    private static func withJournal(_ body: (String) throws -> Void) throws {
        let folder = "/var/tmp/saga-start-\(SystemRandom.word())"
        try Directory.make(folder)
        defer { try? Directory.removeTree(folder) }
        let data = "\(folder)/data"
        try Directory.make(data)
        #expect(try run(data, groups: 12).status == .exited(0))
        try body(data)
    }

    /// All files with their bytes, but for the lock.
    private static func picture(_ data: String) throws -> [String: Data] {
        var picture: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: data) where name != "lock" {
            picture[name] = try Data(contentsOf: URL(filePath: "\(data)/\(name)"))
        }
        return picture
    }

    private static func expect(
        _ data: String, status: Int32, _ code: String, _ advice: String, mount: String? = nil
    ) throws {
        let before = try picture(data)
        let ended = try run(data, mount: mount)
        #expect(ended.status == .exited(status), "\(ended.complaint)")
        #expect(ended.complaint.hasPrefix("\(code): "), "\(ended.complaint)")
        #expect(ended.complaint.contains(advice) && ended.complaint.contains(data))
        #expect(try picture(data) == before, "\(code)")
    }

    @Test func readOnlyMount() throws {
        try Self.withJournal { data in
            try Self.expect(
                data, status: 73, "read_only", "mount it writable",
                mount: "mount --bind \(data) \(data) && mount -o remount,bind,ro \(data)")
            #expect(try Self.run(data).status == .exited(0))
        }
    }

    @Test func fullDiskAtTheStart() throws {
        try Self.withJournal { data in
            let ended = try Self.run(data, mount: "mount -t tmpfs -o size=8k,mode=700 none \(data)")
            #expect(ended.status == .exited(74))
            #expect(ended.complaint.hasPrefix("disk_full: there is no room"))
            #expect(try Self.run(data).status == .exited(0))
        }
    }

    /// A journal that is there needs no room to be started, and the lock is not given up for it.
    @Test func fullDiskUnderAWholeJournal() throws {
        try Self.withJournal { data in
            let copy = data + ".copy"
            try Directory.make(copy)
            let fill =
                "mount -t tmpfs -o size=1m,mode=700 none \(copy) && cp \(data)/* \(copy)/ "
                + "&& rm -f \(copy)/lock && (head -c 2m /dev/zero > \(copy)/filler || true)"
            let ended = try Self.run(copy, groups: 0, mount: "(\(fill)) 2>/dev/null")
            #expect(ended.status == .exited(0), "\(ended.complaint)")
        }
    }

    @Test func anotherOwner() throws {
        // Only root can give a directory away.
        guard ThisProcess.effectiveUser == 0 else { return }
        try Self.withJournal { data in
            try FileManager.default.setAttributes([.ownerAccountID: 65_534], ofItemAtPath: data)
            try Self.expect(data, status: 73, "wrong_owner", "chown -R 0 \(data)")
        }
    }

    @Test func filesThatDoNotBelongThere() throws {
        try Self.withJournal { data in
            let (first, second) = ("\(data)/0000000001.segment", "\(data)/0000000002.segment")
            let whole = try Data(contentsOf: URL(filePath: second))
            try FileManager.default.removeItem(atPath: second)
            try Self.expect(data, status: 65, "missing_segment", "put it back")
            try Self.withJournal { other in
                try FileManager.default.copyItem(
                    atPath: "\(other)/0000000002.segment", toPath: second)
            }
            try Self.expect(data, status: 73, "other_journal", "put back the file")
            try whole.write(to: URL(filePath: second))
            var bytes = Array(try Data(contentsOf: URL(filePath: first)))
            (bytes[8], bytes[12]) = (9, 9)
            var span = bytes.mutableSpan
            span.storeLittleEndian(CRC32C.checksum(span.span.extracting(0..<4092)), at: 4092)
            try Data(bytes).write(to: URL(filePath: first))
            try Self.expect(data, status: 73, "newer_format", "start the release that wrote it")
            (bytes[8], bytes[12]) = (1, 1)
            try Data(bytes).write(to: URL(filePath: first))
            try Self.expect(data, status: 65, "damaged", "sagactl journal repair")
            let manifest = "\(data)/manifest"
            try FileManager.default.removeItem(atPath: manifest)
            try Self.expect(data, status: 65, "missing_manifest", "put the manifest back")
        }
    }

    @Test func lockedByAnother() throws {
        try Self.withJournal { data in
            let storage = try FileStorage(directory: data)
            #expect(try storage.lock(process: 4711) == .acquired)
            try Self.expect(data, status: 73, "in_use", "in use by process 4711")
            storage.unlock()
            #expect(try Self.run(data).status == .exited(0))
        }
    }
}
