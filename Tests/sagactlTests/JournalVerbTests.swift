import ArgumentParser
import Foundation
import SagaJournal
import SagaModel
import SagaProtobuf
import SagaSystem
import Testing

@testable import sagactl

/// `sagactl journal` on journals that were written here.
@Suite struct JournalVerbTests {
    private static let begin = Record.lifeBegan(
        LifeBegan(epoch: Epoch(7), life: 9, at: Instant(microseconds: 5)))

    private static func settings() -> JournalSettings {
        JournalSettings(
            limits: JournalLimits(segmentBytes: 8 << 10), preparation: .inline,
            allowsVolatile: true, user: ThisProcess.effectiveUser,
            process: ThisProcess.identifier, entropy: { SystemRandom.word() },
            microseconds: { 0 })
    }

    /// A folder with a journal of 200 records over some segments; the last but two is no message,
    /// and the last two are a group.
    private func withJournal(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "saga-journal-\(UUID().uuidString.prefix(8))").path
        try Directory.make(folder)
        defer { try? Directory.removeTree(folder) }
        let data = "\(folder)/data"
        try Directory.make(data)
        try Self.write(data)
        try body(data)
    }

    private static func write(_ data: String) throws {
        var journal = try Journal.open(FileStorage(directory: data), settings()) { _, _ in }
        var batch = FrameBatch()
        var arena = EncodingArena()
        let type = RecordType(rawValue: RecordCodec.type(of: begin))
        for position in UInt64(1)...200 {
            batch.append(
                type: type, at: JournalPosition(position),
                saga: JournalPosition(position == 198 ? 5 : 0), continues: position == 199
            ) { bytes in
                if position == 198 {
                    bytes.append(0xFF)
                } else {
                    RecordCodec.encode(begin, into: &bytes, arena: &arena)
                }
            }
        }
        _ = try journal.commit(&batch)
        try journal.mark()
    }

    private func perform(
        _ line: [String], json: Bool = false, progress: Bool = false
    ) throws -> (exit: Complaint.Exit, output: String, error: String) {
        let verb = try #require(try Sagactl.parseAsRoot(["journal"] + line) as? any OfflineVerb)
        let paper = Paper()
        var exit = Complaint.Exit.done
        do throws(Complaint) {
            exit = try verb.perform(paper.screen(isJSON: json, showsProgress: progress))
        } catch {
            return (error.exit, paper.output, error.text(.plain))
        }
        return (exit, paper.output, paper.error)
    }

    private func change(_ file: String, at offset: Int) throws {
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes[offset] ^= 1
        try bytes.write(to: URL(filePath: file))
    }

    @Test func verifyTellsWhatAStartWouldFind() throws {
        try withJournal { data in
            let whole = try perform(["verify", data], progress: true)
            #expect(whole.exit == .no)
            #expect(whole.output.hasPrefix("whole  \(data)\njournal "))
            #expect(whole.output.contains(": 200 records, positions 1 to 200, "))
            #expect(whole.error.contains("record 198 of saga 5 cannot be read"))
            #expect(whole.error.contains("█") && whole.error.contains("records"))
            let json = try perform(["verify", data], json: true)
            #expect(json.output.contains(#""records":"200","lastPosition":"200""#))
            #expect(json.output.contains(#""unreadableRecords":"1""#))
            try change("\(data)/0000000001.segment", at: 4_300)
            let damaged = try perform(["verify", data])
            #expect(damaged.exit == .dataError && damaged.output.isEmpty)
            #expect(damaged.error.contains("0000000001.segment is damaged at offset 4280"))
            #expect(damaged.error.contains("position 3"))
        }
    }

    @Test func statShowsSegmentsAndRecords() throws {
        try withJournal { data in
            let (exit, output, _) = try perform(["stat", data])
            #expect(exit == .done)
            let lines = output.split(separator: "\n").map(String.init)
            #expect(lines[0].hasSuffix("used, 1 saga"))
            #expect(lines[1] == "SEGMENT    BYTES     USED  FIRST  CASE")
            #expect(lines[2].hasPrefix("      1  8.0 KiB") && lines[2].hasSuffix("1  C"))
            #expect(lines.contains { $0.hasPrefix("LifeBegan    200  ") })
            let json = try perform(["stat", data], json: true).output
            #expect(json.contains(#""types":[{"type":16,"name":"LifeBegan","records":"200""#))
        }
    }

    @Test func dumpPrintsOneObjectALine() throws {
        try withJournal { data in
            let lines = try perform(["dump", data]).output.split(separator: "\n")
            #expect(lines.count == 200)
            #expect(
                lines[0]
                    == #"{"position":"1","type":"LifeBegan","record":"#
                    + #"{"epoch":"7","life":"9","at":"5"}}"#)
            #expect(
                lines[197].hasPrefix(
                    #"{"position":"198","type":"16","saga":"5","payload":"/w==","unreadable":"#))
            #expect(lines[198].contains(#""continues":true"#))
            #expect(!lines[199].contains("continues"))
            for line in lines {
                #expect(throws: Never.self) {
                    try JSONSerialization.jsonObject(with: Data(line.utf8))
                }
            }
            let some = try perform(["dump", data, "--from", "10", "--to", "12"]).output
            #expect(some.split(separator: "\n").count == 3)
            let saga = try perform(["dump", data, "--saga", "5"]).output
            #expect(saga.split(separator: "\n").count == 2)
        }
    }

    @Test func repairSalvagesIntoANewDirectory() throws {
        try withJournal { data in
            try change("\(data)/0000000001.segment", at: 4_300)
            let before = try FileManager.default.contentsOfDirectory(atPath: data).sorted()
            let line = [
                "repair", data, data + ".new", "--segment-bytes", "8192", "--allow-volatile",
            ]
            let (exit, output, _) = try perform(line)
            #expect(exit == .no)
            #expect(
                output.contains(
                    "left out  positions 3 to 4: \(data)/0000000001.segment at offset 4280, "
                        + "no valid record\n"))
            #expect(
                output.contains("salvaged  198 records, positions 1 to 200, into \(data).new\n"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: data).sorted() == before)
            let verified = try perform(["verify", data + ".new"])
            #expect(verified.output.contains("2 of them stand in for lost ones"))
            #expect(try perform(["dump", data + ".new"]).output.contains(#""type":"Lost""#))
            // Not over something that is there.
            let again = try perform(line)
            #expect(again.exit == .cannotCreate)
            #expect(again.error == "error: \(data).new is not an empty directory\n")
        }
    }

    @Test func whatRepairSalvagesOfABackupIsOne() throws {
        try withJournal { data in
            try BackupMark.write("{}\n", to: FileStorage(directory: data))
            let line = [
                "repair", data, data + ".new", "--segment-bytes", "8192", "--allow-volatile",
            ]
            let (exit, output, _) = try perform(line)
            #expect(exit == .done)
            #expect(
                output.hasSuffix(
                    "it is a backup, and so is the copy: it starts with --restored only\n"))
            #expect(FileManager.default.fileExists(atPath: data + ".new/backup.json"))
        }
    }

    @Test func repairNeedsTheDaemonToBeStopped() throws {
        try withJournal { data in
            let journal = try Journal.open(FileStorage(directory: data), Self.settings()) { _, _ in
            }
            let (exit, _, error) = try perform(["repair", data, data + ".new"])
            #expect(exit == .software)
            #expect(error.hasPrefix("error: sagad runs in \(data); stop it first"))
            #expect(try perform(["verify", data]).exit == .no)
            #expect(journal.lastPosition == JournalPosition(200))
        }
    }

    @Test func whatIsNoJournal() throws {
        try withJournal { data in
            let empty = data + ".empty"
            try Directory.make(empty)
            for verb in ["verify", "stat", "dump"] {
                let none = try perform([verb, data + ".none"])
                #expect(none.exit == .software && none.error.contains("does not exist"))
                let nothing = try perform([verb, empty])
                #expect(nothing.exit == .software)
                #expect(nothing.error == "error: \(empty) holds no journal\n")
            }
            #expect(try perform(["repair", empty, data + ".new"]).exit == .dataError)
        }
    }
}
