import SagaJournal
import SagaModel
import SagaSystem

/// Appends to a journal with small segments and says what it was told, for tests that make its
/// system calls fail or kill it:
///
///     JournalWriter DIRECTORY GROUPS inline|thread|freeing
///
/// With `freeing` it works inline and frees what is sealed from time to time. It checks every
/// record of an earlier run, prints `opened POSITION`, appends, and prints
/// `acknowledged POSITION` behind each commit. It exits as sagad does, and with 3 when a record is
/// another one than was written.
@main
enum JournalWriter {
    private struct Wrong: Error {}

    static func main() {
        ThisProcess.ignoreBrokenPipes()
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let groups = Int(arguments[2]) else {
            ThisProcess.end(status: 64)
        }
        do throws(JournalFailure) {
            try run(
                arguments[1], groups, arguments[3] == "thread" ? .onThread : .inline,
                frees: arguments[3] == "freeing")
        } catch {
            StandardStream.error.write("\(error.code): \(error.message)\n")
            switch error.classification {
            case .directoryUnusable: ThisProcess.end(status: 73)
            case .damaged:
                if case .unreadableRecord = error { ThisProcess.end(status: 3) }
                ThisProcess.end(status: 65)
            case .inputOutput: ThisProcess.end(status: 74)
            }
        }
    }

    /// The payload of a position: from 10 bytes to 2,100.
    private static func payload(_ position: UInt64) -> [UInt8] {
        let count = 10 + Int(position &* 2_654_435_761 % 2_090)
        return (0..<count).map { UInt8(truncatingIfNeeded: position &* 31 &+ UInt64($0) &* 7) }
    }

    private static func run(
        _ directory: String, _ groups: Int, _ preparation: JournalSettings.Preparation,
        frees: Bool
    ) throws(JournalFailure) {
        let settings = JournalSettings(
            limits: JournalLimits(segmentBytes: 12 << 10, windowBytes: 8 << 10),
            preparation: preparation, allowsVolatile: true, user: ThisProcess.effectiveUser,
            process: ThisProcess.identifier, entropy: { SystemRandom.word() },
            microseconds: { 0 })
        var journal = try Journal.open(FileStorage(directory: directory), settings) {
            header, bytes in
            let expected = payload(header.position.rawValue)
            guard CRC32C.checksum(bytes) == CRC32C.checksum(expected.span) else { throw Wrong() }
        }
        StandardStream.output.write("opened \(journal.lastPosition.rawValue)\n")
        var batch = FrameBatch()
        for group in 0..<groups {
            var position = journal.lastPosition
            for index in 0...group % 3 {
                position = position.next
                batch.append(
                    type: RecordType(rawValue: 100), at: position, saga: .none,
                    continues: index < group % 3
                ) { $0 += payload(position.rawValue) }
            }
            let durable = try journal.commit(&batch)
            StandardStream.output.write("acknowledged \(durable.rawValue)\n")
            if group % 4 == 3 { try journal.mark() }
            if frees, group % 3 == 2, let newest = journal.sealed.last {
                journal.free(through: newest.lastPosition)
            }
        }
        try journal.mark()
    }
}
