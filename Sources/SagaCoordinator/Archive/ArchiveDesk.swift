internal import DequeModule
internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf
internal import SagaSystem

/// What is asked of the archive for a call.
enum ArchiveQuestion: Sendable {
    /// Show a saga that the engine does not have.
    case find(SagaSelector)
    /// Merge a page of what the engine has with what is archived.
    case list(ListRequest, SagaPage)
    /// Count.
    case count(CountRequest)
    /// Delete what ended long ago, or count it.
    case purge(PurgeRequest)

    /// Whether it asks for one saga.
    fileprivate var isFind: Bool {
        switch self {
        case .find: true
        case .list, .count, .purge: false
        }
    }
}

/// What the archive answers.
enum ArchiveAnswer: Sendable {
    /// The saga; nil if it is not there.
    case found(SagaStatus?)
    /// The merged page.
    case page(SagaPage)
    /// How many there are.
    case counted(ArchivedCounts)
    /// What was deleted.
    case purged(PurgeAnswer)
    /// It cannot be asked.
    case refused(Refusal)
}

/// Answers questions to the archive on a thread of its own, one after the other; neither the
/// engine's thread nor an event loop ever waits for it.
final class ArchiveDesk: Sendable {
    private struct State {
        var questions: Deque<(call: CallID, question: ArchiveQuestion)> = []
        /// How many of them ask for one saga.
        var finds = 0
        var isOver = false
        var deliver: (@Sendable (CallID, ArchiveAnswer) -> Void)?
    }

    private let archive: any SagaArchiving
    private let feed: ArchiveFeed
    private let limits: Limits
    private let now: @Sendable () -> Instant
    private let state = Monitor(State())

    /// Makes a desk that answers nothing yet.
    init(
        _ archive: any SagaArchiving, _ feed: ArchiveFeed, limits: Limits,
        now: @escaping @Sendable () -> Instant
    ) {
        self.archive = archive
        self.feed = feed
        self.limits = limits
        self.now = now
    }

    /// Starts the thread.
    ///
    /// - Parameter deliver: gets the answers, on the desk's thread or the archive's.
    func begin(
        deliver: @escaping @Sendable (CallID, ArchiveAnswer) -> Void
    ) throws(SystemFailure) {
        state.withLock { $0.deliver = deliver }
        _ = try SystemThread(name: "saga-desk") { self.run() }
    }

    /// Ends the thread behind the question that it answers.
    func stop() { state.withLock { $0.isOver = true } }

    /// How the archive is.
    var status: ArchiveStatus { feed.status }

    /// Asks something; the answer comes to the call's event loop.
    func ask(_ question: ArchiveQuestion, for call: CallID) {
        if case .purge(let request) = question, !request.countsOnly, feed.isOpen {
            feed.purge(request) { result in self.deliver(call, Self.answer(result)) }
            return
        }
        let isTaken = state.withLock { state in
            guard !state.isOver else { return false }
            if question.isFind {
                guard state.finds < limits.archiveFinds else { return false }
                state.finds += 1
            } else if state.questions.count - state.finds >= limits.archiveQuestions {
                return false
            }
            state.questions.append((call, question))
            return true
        }
        if !isTaken { deliver(call, .refused(.tooManyQuestions)) }
    }

    private func deliver(_ call: CallID, _ answer: ArchiveAnswer) {
        state.withLock { $0.deliver }?(call, answer)
    }

    private static func answer(_ result: Result<PurgeAnswer, ArchiveFailure>) -> ArchiveAnswer {
        switch result {
        case .success(let answer): .purged(answer)
        case .failure(let failure): .refused(.archiveFailed(failure))
        }
    }

    // MARK: - The thread

    private func run() {
        var reading = ArchiveReading(archive, limits: limits)
        while let (call, question) = next() {
            deliver(call, answer(question, &reading))
        }
    }

    private func next() -> (call: CallID, question: ArchiveQuestion)? {
        let found: (call: CallID, question: ArchiveQuestion)?? = state.wait { state in
            if state.isOver { return .some(nil) }
            guard let first = state.questions.popFirst() else { return nil }
            if first.question.isFind { state.finds -= 1 }
            return .some(first)
        }
        return found ?? nil
    }

    private func answer(
        _ question: ArchiveQuestion, _ reading: inout ArchiveReading
    ) -> ArchiveAnswer {
        guard feed.isOpen else { return .refused(.archiveClosed(feed.status)) }
        do throws(ArchiveFailure) {
            switch question {
            case .find(let selector):
                return .found(try reading.find(selector, observedAt: now()))
            case .list(let request, let page):
                // What it has only grows, so it has at least this when it is asked.
                guard page.droppedUpTo <= feed.status.committedPosition else {
                    return .refused(.archiveBehind)
                }
                return .page(try archive.list(request).merged(behind: page, request))
            case .count(let request): return .counted(try archive.count(request))
            case .purge(let request):
                return .purged(try archive.purge(request, now: now()))
            }
        } catch {
            return .refused(.archiveFailed(error))
        }
    }
}

/// Reads sagas out of an archive.
struct ArchiveReading: ~Copyable {
    private let archive: any SagaArchiving
    private var fold: SagaFold
    private var arena: DecodingArena

    init(_ archive: any SagaArchiving, limits: Limits) {
        self.archive = archive
        fold = SagaFold(limits: limits.engine)
        arena = DecodingArena(limit: limits.decodedBytes)
    }

    /// A saga as the engine showed it before it left; nil if it is not there.
    mutating func find(
        _ selector: SagaSelector, observedAt: Instant
    ) throws(ArchiveFailure) -> SagaStatus? {
        guard let history = try archive.find(selector) else { return nil }
        guard let records = HistoryRecord.all(in: history.records) else {
            throw .unreadable("its records are cut short")
        }
        var items: [SagaFold.Item] = []
        for record in records {
            let item = record.item(in: history.records, &arena)
            if case .sagaStarted(let started)? = item.record { try learnDefinitions(of: started) }
            items.append(item)
        }
        let folded: [SagaFold.Folded]
        do throws(ReplayFailure) {
            folded = try fold.fold(items, observedAt: observedAt)
        } catch {
            throw .unreadable("record \(error.position.rawValue): \(error.reason)")
        }
        guard var found = folded.first(where: { $0.start == history.start })?.status else {
            throw .unreadable("its start is not among its records")
        }
        if found.more.replacedBy == nil { found.more.replacedBy = history.replacedBy }
        return found
    }

    private mutating func learnDefinitions(of started: SagaStarted) throws(ArchiveFailure) {
        for position in [started.definition] + started.children.map(\.definition)
        where position != .none && !fold.knows(position) {
            guard let bytes = try archive.definition(at: position),
                case .definitionRegistered(let stored)? = try? RecordCodec.decode(
                    type: RecordCodec.definitionType, bytes.span, arena: &arena)
            else { continue }
            fold.register(stored, at: position)
        }
    }
}

extension SagaPage {
    /// What is archived and what the engine has in one page, in order and each once.
    ///
    /// The engine was asked first: a saga that it did not have any more is in the archive by now,
    /// or the question was refused; and of one that both have the archive's row is the newer.
    ///
    /// - Parameter live: the engine's page of the same request.
    func merged(behind live: SagaPage, _ request: ListRequest) -> SagaPage {
        let isBefore: (JournalPosition, JournalPosition) -> Bool =
            request.isOldestFirst ? { $0 < $1 } : { $0 > $1 }
        // Both have looked at everything up to the nearer of the two places.
        var end = [next, live.next].compactMap(\.self).min(by: isBefore)
        let archived = Set(rows.map(\.start))
        var merged = (rows + live.rows.filter { !archived.contains($0.start) })
            .sorted { isBefore($0.start, $1.start) }
        if let end { merged.removeAll { isBefore(end, $0.start) } }
        let size = max(1, Int(request.pageSize))
        if merged.count > size {
            merged.removeLast(merged.count - size)
            end = merged[size - 1].start
        }
        return SagaPage(rows: merged, next: end, observedAt: live.observedAt)
    }
}

extension Refusal {
    fileprivate static let tooManyQuestions = Refusal(
        .resourceExhausted, reason: "ARCHIVE_BUSY",
        "too many calls wait for the archive; ask again later")

    fileprivate static func archiveClosed(_ status: ArchiveStatus) -> Refusal {
        Refusal(
            .unavailable, reason: "ARCHIVE_UNAVAILABLE",
            status.state == .opening
                ? "the archive is being opened; come again"
                : "the archive cannot be asked now: \(status.failure)")
    }

    static func archiveFailed(_ failure: ArchiveFailure) -> Refusal {
        switch failure {
        case .damaged, .diskFull, .notWritable, .inputOutput:
            Refusal(
                .unavailable, reason: "ARCHIVE_UNAVAILABLE",
                "the archive cannot be asked now: \(failure)")
        case .unreadable:
            Refusal(.internal, reason: "ARCHIVE_UNREADABLE", failure.description)
        }
    }
}
