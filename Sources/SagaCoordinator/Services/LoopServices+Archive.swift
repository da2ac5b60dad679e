internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

/// What a call looks for, and may find in the archive once the engine has said what it has.
enum Search {
    /// A saga.
    case saga(SagaSelector)
    /// A page of a list.
    case list(ListRequest)
    /// A number of sagas: what is counted so far.
    case count(CountRequest, SagaCounts)
}

/// Ended sagas: the engine is asked first, and then the archive, so that one which moves from the
/// one to the other meanwhile is found.
extension LoopServices {
    /// Notes which saga a call is about.
    func look(for saga: SagaSelector, _ call: ServerCallID) {
        guard context.archive != nil else { return }
        calls[call]?.search = .saga(saga)
    }

    /// Asks the archive for a saga that the engine does not have; false if there is no use in that.
    func search(for call: ServerCallID, _ open: OpenCall, _ refusal: Refusal) -> Bool {
        guard let archive = context.archive else { return false }
        switch refusal.reason {
        case "DROPPED", "SAGA_UNKNOWN", "DEFINITION_UNKNOWN", "TASK_UNKNOWN": break
        default: return false  // open set: reasons that are no word about whether it is there
        }
        let selector: SagaSelector
        if case .saga(let saga) = open.search {
            selector = saga
        } else if open.method == .startSaga, let saga = refusal.saga {
            selector = .id(namespace: open.namespace, saga)
        } else {
            return false
        }
        calls[call]?.search = nil
        calls[call]?.refusal = refusal
        archive.ask(.find(selector), for: CallID(call))
        return true
    }

    /// Asks the archive to add what it has to a page; false if there is none to ask.
    func search(for call: ServerCallID, _ open: OpenCall, _ page: SagaPage) -> Bool {
        guard let archive = context.archive, case .list(let request) = open.search else {
            return false
        }
        calls[call]?.search = nil
        archive.ask(.list(request, page), for: CallID(call))
        return true
    }

    // MARK: - Lists, counts, purging

    /// Requests about many sagas.
    func askOfMany(
        _ open: OpenCall, _ call: ServerCallID, _ bytes: Span<UInt8>
    ) throws(CodecFailure) {
        if open.method == .listSagas {
            let request = try SagaServiceCodec.decodeListSagas(
                bytes, limits: codecLimits, arena: &decoding)
            calls[call]?.namespace = request.filter.namespace
            if request.filter.takesEnded { calls[call]?.search = .list(request) }
            hand(.list(CallID(call), request))
        } else if open.method == .countSagas {
            count(
                call,
                try SagaServiceCodec.decodeCountSagas(
                    bytes, limits: codecLimits, arena: &decoding))
        } else {
            purge(
                call,
                try AdminServiceCodec.decodePurgeArchive(
                    bytes, limits: codecLimits, arena: &decoding))
        }
    }

    private func count(_ call: ServerCallID, _ request: CountRequest) {
        let none = SagaCounts(observedAt: context.now())
        calls[call]?.search = .count(request, none)
        if let archive = context.archive, request.filter.takesEnded {
            archive.ask(.count(request), for: CallID(call))
        } else {
            hand(.count(CallID(call), request))
        }
    }

    /// Adds what the engine has counted, and lets it go on, or answers.
    func answer(_ call: ServerCallID, _ open: OpenCall, _ counted: SagaCounts) {
        guard case .count(var request, var all) = open.search else {
            preconditionFailure("counts for a call that does not count")
        }
        all.add(counted)
        all.observedAt = counted.observedAt
        guard let next = counted.next else {
            respond(call) { bytes, arena in
                SagaServiceCodec.encodeCountSagas(all, into: &bytes, arena: &arena)
            }
            return
        }
        request.cursor = next
        calls[call]?.search = .count(request, all)
        hand(.count(CallID(call), request))
    }

    private func purge(_ call: ServerCallID, _ request: PurgeRequest) {
        guard let archive = context.archive else {
            refuse(
                call,
                Refusal(
                    .failedPrecondition, reason: "NO_ARCHIVE",
                    "this coordinator runs without an archive (--no-archive)"))
            return
        }
        archive.ask(.purge(request), for: CallID(call))
    }

    // MARK: - Answers

    /// Takes what the archive answers, unless the caller is gone.
    func answer(_ id: CallID, _ answer: ArchiveAnswer) {
        let call = ServerCallID(id)
        guard let open = calls[call] else { return }
        switch answer {
        case .found(let saga): found(saga, call, open)
        case .page(let page): self.answer(call, open, page)
        case .counted(let counts):
            guard case .count(var request, var all) = open.search else { return }
            all.add(
                SagaCounts(
                    counts: counts.counts, total: counts.total, observedAt: all.observedAt))
            // An archive that has nothing yet is asked all the same: the first record ends no saga.
            request.endedAfter = max(counts.committed, JournalPosition(1))
            calls[call]?.search = .count(request, all)
            hand(.count(id, request))
        case .purged(let purged):
            respond(call) { bytes, arena in
                AdminServiceCodec.encodePurgeArchive(purged, into: &bytes, arena: &arena)
            }
        case .refused(let refusal): refuse(call, refusal)
        }
    }

    private func found(_ saga: SagaStatus?, _ call: ServerCallID, _ open: OpenCall) {
        guard let saga else {
            refuse(call, open.refusal.map { absent($0) } ?? .notArchived)
            return
        }
        if open.method.verb != nil || open.method == .cancelSaga {
            refuse(call, .ended(saga))
        } else if open.method == .completeTask {
            refuse(call, .stale(saga))
        } else if open.method == .startSaga {
            let saga = fitted(saga, open)
            respond(call) { bytes, arena in
                SagaServiceCodec.encodeStartSaga(
                    saga.id, existing: true,
                    DefinitionVersion(name: saga.definition, version: saga.version), saga: saga,
                    wait: open.wish, into: &bytes, arena: &arena)
            }
        } else {
            self.answer(call, open, saga)
        }
    }

    /// What is said of a saga that neither has: one that has left memory may be on its way.
    private func absent(_ refusal: Refusal) -> Refusal {
        guard refusal.reason == "DROPPED", let status = context.archive?.status else {
            return refusal
        }
        if status.lagRecords > UInt64(context.limits.endedKept) {
            return Refusal(
                .unavailable, reason: "ARCHIVE_BEHIND",
                "\(refusal.message); the archive is \(status.lagRecords) records behind and may "
                    + "have it later", saga: refusal.saga)
        }
        return Refusal(
            .notFound, reason: "SAGA_UNKNOWN",
            "no such saga, live or in the archive: it never was, or its time there is over",
            saga: refusal.saga)
    }
}

extension Refusal {
    fileprivate static let notArchived = Refusal(
        .notFound, reason: "SAGA_UNKNOWN", "no such saga, live or in the archive")

    fileprivate static func ended(_ saga: SagaStatus) -> Refusal {
        let isNamed = !saga.key.isEmpty && !saga.keyIsRandom
        let name = isNamed ? "\(saga.definition)/\(saga.key)" : "\(saga.id)"
        return Refusal(
            .failedPrecondition, reason: "SAGA_ENDED",
            "saga \(name) has ended: \(saga.state.label)", saga: saga.id)
    }

    fileprivate static func stale(_ saga: SagaStatus) -> Refusal {
        Refusal(
            .failedPrecondition, reason: "STALE",
            "saga \(saga.id) has ended: \(saga.state.label); nothing changed", saga: saga.id)
    }
}
