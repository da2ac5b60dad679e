internal import ArgumentParser
internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf
internal import SagaSystem

/// `journal dump DIR`.
struct JournalDump: OfflineVerb {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Prints every record of a journal, one JSON object a line.",
        usage: "sagactl journal dump DIR [--from POSITION] [--to POSITION] [--saga POSITION]",
        discussion: """
            Each line has position, type, the position of the saga's start record, whether
            the group goes on (continues), and the record in protobuf's JSON form
            (Protos/saga/journal/v1/records.proto). A record that cannot be read has
            its payload in base64 and the reason instead. Safe while sagad runs.

            EXAMPLES
              sagactl journal dump /var/lib/sagad
              sagactl journal dump /var/lib/sagad --saga 1042
              sagactl journal dump /var/lib/sagad | jq -c 'select(.type == "LifeBegan")'

            EXIT STATUS
              0   done
              65  damaged: the lines in front of the damage are printed, unless it is in
                  the segment that was written last
              70  the directory cannot be read
              73  the output cannot be written
            """)

    /// Lines are written in pieces of about this size.
    private static let pieceBytes = 64 << 10

    @Argument(help: "The data directory.") var directory: String

    @Option(help: ArgumentHelp("The first position.", valueName: "position"))
    var from: UInt64 = 0

    @Option(help: ArgumentHelp("The last position.", valueName: "position"))
    var to: UInt64 = .max

    @Option(
        help: ArgumentHelp(
            "Only records of the saga with this start record.", valueName: "position"))
    var saga: UInt64?

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(_ screen: Screen) throws(Complaint) -> Complaint.Exit {
        var arena = DecodingArena(limit: JournalLook.decodedBytes)
        var lines = ""
        // Lines on a terminal are progress enough.
        let isQuiet = screen.showsProgress
        do throws(Complaint) {
            _ = try JournalLook.run(directory, screen, isQuiet: isQuiet) {
                header, payload throws(Complaint) in
                let position = header.position.rawValue
                guard position >= from, position <= to else { return }
                if let saga, header.saga.rawValue != saga, position != saga { return }
                lines += JSONObject(header, payload, arena: &arena).text + "\n"
                if lines.utf8.count >= Self.pieceBytes {
                    try screen.output(lines)
                    lines = ""
                }
            }
        } catch {
            // What is in front of the damage.
            if error.exit == .dataError, !lines.isEmpty { try screen.output(lines) }
            throw error
        }
        if !lines.isEmpty { try screen.output(lines) }
        return .done
    }
}

/// `journal repair DIR NEW-DIR`.
struct JournalRepair: OfflineVerb {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Salvages what is whole of a damaged journal into a new directory.",
        usage: "sagactl journal repair DIR NEW-DIR [OPTIONS]",
        discussion: """
            DIR is only read, and no sagad may run in it. NEW-DIR must not exist, or be
            empty. Whole groups in front of damage are copied, and those behind it from
            where a group is known to begin; each position that is left out is named. A
            saga that has lost a record does not fit any more: the next start sets it
            aside and tells so, and the others go on. What was done since the damage
            may be done again: a backup, where there is one, is the better way.

            EXAMPLES
              sagactl journal repair /var/lib/sagad /var/lib/sagad.salvaged
              sagactl journal verify /var/lib/sagad.salvaged

            EXIT STATUS
              0   copied; nothing was missing
              1   copied; what is left out was told
              65  there is nothing to salvage
              70  DIR cannot be read, or sagad runs in it
              73  NEW-DIR is not empty, or cannot be written
            """)

    @Argument(help: "The data directory.") var directory: String

    @Argument(help: "The directory for the copy.") var target: String

    @Option(
        help: ArgumentHelp(
            "Bytes of a segment of the copy, a multiple of 4096.", visibility: .hidden))
    var segmentBytes = JournalLimits().segmentBytes

    @Flag(help: "Write the copy also to a file system that forgets. For tests only.")
    var allowVolatile = false

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        guard segmentBytes % 4096 == 0, segmentBytes >= 8192 else {
            throw ValidationError("--segment-bytes \(segmentBytes): a multiple of 4096, from 8192")
        }
    }

    func perform(_ screen: Screen) throws(Complaint) -> Complaint.Exit {
        let source: FileStorage
        do throws(JournalFailure) {
            source = try FileStorage(directory: directory, isReadOnly: true)
        } catch {
            throw Complaint(error)
        }
        try lock(source)
        let copy = try makeTarget()
        let settings = JournalSettings(
            limits: JournalLimits(segmentBytes: segmentBytes), preparation: .onThread,
            allowsVolatile: allowVolatile, user: ThisProcess.effectiveUser,
            process: ThisProcess.identifier, entropy: { SystemRandom.word() },
            microseconds: { 0 })
        var progress = ProgressBar("", screen)
        let salvage: JournalSalvage
        do throws(JournalFailure) {
            salvage = try JournalSalvage.run(from: source, to: copy, settings) { done, all in
                progress.show(done, of: all, ShownNumber.bytes(UInt64(clamping: done)))
            }
        } catch {
            progress.end()
            throw Complaint(error, isTarget: error.isOf(target))
        }
        progress.end()
        if screen.isJSON {
            try screen.show([JSONObject(salvage)])
        } else {
            try screen.show(JournalDrawing.salvaged(salvage, target, screen.style))
        }
        if salvage.records == 0 { return .dataError }
        return salvage.losses.isEmpty && salvage.unusable.isEmpty ? .done : .no
    }

    private func lock(_ source: FileStorage) throws(Complaint) {
        let isFree: Bool
        do throws(SystemFailure) {
            isFree = try source.lockAgainstWriters()
        } catch {
            throw Complaint("cannot read \(directory): \(error)", exit: .software)
        }
        guard isFree else {
            throw Complaint(
                "sagad runs in \(directory); stop it first: systemctl stop sagad", exit: .software)
        }
    }

    private func makeTarget() throws(Complaint) -> FileStorage {
        do throws(SystemFailure) {
            try Directory.make(target)
        } catch  where error.code != .exists {
            throw Complaint("cannot make \(target): \(error.code)", exit: .cannotCreate)
        } catch {
            // It may be there, if it is empty.
        }
        do throws(JournalFailure) {
            let storage = try FileStorage(directory: target)
            let names = (try? storage.list()) ?? []
            guard names.isEmpty else {
                throw JournalFailure.inputOutput(
                    SystemFailure(operation: "mkdir", path: target, code: .exists))
            }
            return storage
        } catch {
            throw Complaint("\(target) is not an empty directory", exit: .cannotCreate)
        }
    }
}

extension JournalFailure {
    /// Whether it is about a directory, by the path in its message.
    fileprivate func isOf(_ directory: String) -> Bool { message.contains(directory) }
}
