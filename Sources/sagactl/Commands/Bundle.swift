internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// `bundle FILE [--payloads] [--saga SAGA]...`.
struct Bundle: Verb {
    /// How many live sagas, and how many that need attention, are named.
    private static let sagasNamed = 1_000
    /// How many of those that need attention come with their history.
    private static let historiesKept = 50

    static let configuration = CommandConfiguration(
        abstract: "Writes one file with what support needs.",
        usage: "sagactl bundle FILE [--saga SAGA]... [--payloads] [OPTIONS]",
        discussion: """
            FILE becomes a tar archive of JSON: status, findings of doctor, participants,
            definitions, live sagas, those that need attention with their history, and
            the sagas that you name. Inputs, outputs and progress are left out unless you
            ask for them; keys, labels and the texts of failures are there. Look at it
            before you send it: tar -xOf FILE.

            EXAMPLES
              sagactl bundle saga.tar
              sagactl bundle saga.tar --saga order/ORD-1044 --payloads

            EXIT STATUS
              0   written
              1   there is no such saga
              73  the file cannot be written
            """)

    @Argument(help: "The file to write; one that is there is replaced.") var file: String

    @Option(
        help: ArgumentHelp(
            "A saga to put in with its history; may be given several times.", valueName: "saga"))
    var saga: [NamedSaga] = []

    @Flag(help: "With inputs, outputs and progress.")
    var payloads = false

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let now = Instant(microseconds: WallClock.microsecondsSince1970())
        var tar = TarFile(modifiedAt: now.microseconds / 1_000_000)
        func add(_ name: String, _ objects: [JSONObject]) {
            let text = objects.map { $0.text + "\n" }.joined()
            tar.add("sagactl-bundle/\(name).jsonl", Array(text.utf8))
        }
        let examination = try await Doctor.examine(calls)
        add("doctor", examination.findings.map { JSONObject($0) })
        add("status", [JSONObject(examination.status)])
        add("handlers", examination.participants.handlers.map { JSONObject($0) })
        add("instances", examination.participants.instances.map { JSONObject($0) })
        add("definitions", try await calls.definitions().map { JSONObject($0) })
        var live = SagaFilter(namespace: "")
        live.states = SagaState.allCases.filter { !$0.isEnded }
        let newest = try await calls.list(live, oldestFirst: false, limit: Self.sagasNamed)
        add("live", newest.rows.map { JSONObject($0) })
        live.needsAttention = true
        let waiting = try await calls.list(live, oldestFirst: true, limit: Self.sagasNamed)
        add("attention", waiting.rows.map { JSONObject($0) })
        let view = SagaView(output: payloads, steps: true, history: true, payloads: payloads)
        for row in waiting.rows.prefix(Self.historiesKept) {
            // It may have ended and gone since it was listed.
            guard let saga = try? await calls.get(.id(row.id), view, SagaExcerpt()) else {
                continue
            }
            add("saga-\(row.id)", [JSONObject(saga, hasPayloads: payloads)])
        }
        for name in saga {
            let saga = try await calls.get(name, view, SagaExcerpt())
            add("saga-\(saga.id)", [JSONObject(saga, hasPayloads: payloads)])
        }
        do throws(SystemFailure) {
            ThisProcess.keepNewFilesPrivate()
            try WholeFile.write(tar.finished, to: file)
        } catch {
            throw Complaint("cannot write \(file): \(error.code)", exit: .cannotCreate)
        }
        screen.note(
            "\(file): \(ShownNumber.bytes(UInt64(tar.finished.count)))"
                + (payloads ? ", with payloads" : ", without payloads"))
        return .done
    }
}
