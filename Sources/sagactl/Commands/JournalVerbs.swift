internal import ArgumentParser
internal import SagaJournal
internal import SagaModel
internal import SagaSystem

/// `journal verify|stat|dump|repair`.
struct JournalVerbs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Looks into the journal of a data directory, without a coordinator.",
        discussion: """
            DIR is the data directory of sagad. verify, stat and dump only read, take no
            lock, and may be used while sagad runs: they show at least what was
            acknowledged when they began. repair needs it to be stopped.

            EXAMPLES
              sagactl journal verify /var/lib/sagad
              sagactl journal stat /var/lib/sagad
              sagactl journal dump /var/lib/sagad | jq -c 'select(.type == "SagaParked")'
              sagactl journal repair /var/lib/sagad /var/lib/sagad.salvaged

            EXIT STATUS
              0   done                            65  damaged
              1   done, and something is missing  70  the directory cannot be read
              64  wrong flags                     73  the output cannot be written
            """,
        subcommands: [
            JournalVerify.self, JournalStat.self, JournalDump.self, JournalRepair.self,
        ])
}

/// A verb that works on a directory and asks nobody.
protocol OfflineVerb: AsyncParsableCommand {
    var global: GlobalOptions { get }

    func perform(_ screen: Screen) throws(Complaint) -> Complaint.Exit
}

extension OfflineVerb {
    /// Performs the verb at the streams of this process.
    func run() async throws {
        let screen = Screen.standard(global.color, isJSON: global.json)
        let exit: Complaint.Exit
        do throws(Complaint) {
            exit = try perform(screen)
        } catch {
            screen.progress("")
            screen.error(error.text(screen.errorStyle))
            exit = error.exit
        }
        if exit != .done { throw ExitCode(exit.rawValue) }
    }
}

extension Complaint {
    /// Why a journal is not read, or not written.
    init(_ failure: JournalFailure, isTarget: Bool = false) {
        let exit: Exit =
            switch failure.classification {
            case .damaged: .dataError
            case .directoryUnusable, .inputOutput: isTarget ? .cannotCreate : .software
            }
        self.init(failure.message, exit: exit)
    }
}

/// Goes through the records of a journal, for the verbs that only look.
struct JournalLook {
    /// The most that one record may take decoded: what the coordinator itself allows, and more.
    static let decodedBytes = 256 << 20

    /// Reads a whole journal; shows how far it has come.
    ///
    /// - Parameter visit: gets each record; what it throws ends the look.
    static func run(
        _ directory: String, _ screen: Screen, isQuiet: Bool = false,
        _ visit: (FrameHeader, Span<UInt8>) throws(Complaint) -> Void
    ) throws(Complaint) -> JournalSurvey {
        var complaint: Complaint?
        var progress = ProgressBar("records", isQuiet ? nil : screen)
        do throws(JournalFailure) {
            let storage = try FileStorage(directory: directory, isReadOnly: true)
            let all = try JournalSurvey.expectedBytes(storage)
            let survey = try JournalSurvey.run(storage) { header, payload in
                do throws(Complaint) {
                    try visit(header, payload)
                } catch {
                    complaint = error
                    throw error
                }
                progress.advance(by: header.length, of: all)
            }
            progress.end()
            return survey
        } catch {
            progress.end()
            if let complaint { throw complaint }
            if case .missingManifest = error, !error.message.isEmpty, isEmpty(directory) {
                throw Complaint("\(directory) holds no journal", exit: .software)
            }
            throw Complaint(error)
        }
    }

    private static func isEmpty(_ directory: String) -> Bool {
        let names = try? FileStorage(directory: directory, isReadOnly: true).list()
        return names?.contains { $0.hasSuffix(".segment") } == false
    }
}

/// A line that grows from left to right while long work goes on.
struct ProgressBar {
    private static let width = 20
    private let noun: String
    private let screen: Screen?
    private var done = 0
    private var count = 0
    private var shown = -1

    /// Shows itself on a screen where a person looks on.
    init(_ noun: String, _ screen: Screen?) {
        self.noun = noun
        self.screen = screen
    }

    /// One thing more, of so many bytes of all.
    mutating func advance(by bytes: Int, of all: Int) {
        count += 1
        done += bytes
        show(done, of: all, "\(ShownNumber.count(count)) \(noun)")
    }

    /// So many of all are done.
    mutating func show(_ done: Int, of all: Int, _ text: String) {
        guard let screen, all > 0 else { return }
        let percent = min(done * 100 / all, 100)
        guard percent != shown else { return }
        shown = percent
        let full = percent * Self.width / 100
        let (on, off) = screen.errorStyle.isUTF8 ? ("█", "░") : ("#", ".")
        let bar =
            String(repeating: on, count: full) + String(repeating: off, count: Self.width - full)
        screen.progress("\(bar)  \(percent) %  \(text)")
    }

    /// Wipes it out.
    mutating func end() {
        if shown >= 0 { screen?.progress("") }
        shown = -1
    }
}
