/// Makes an answer about a saga no larger than a message may be.
extension SagaStatus {
    /// Narrows the saga to what is wanted, and leaves out what there is no room for.
    ///
    /// The structure always stays: states, counts, codes, times. Then the parts are taken in the
    /// order of need, of steps that have failed or are under way before those of others; each
    /// whole, if there is room for it, of attempts, verbs and children the newest. What is left
    /// out is noted, so that it can be asked for by itself. Only where names are so long that not
    /// even the structure fits are steps left out as a whole.
    ///
    /// - Parameters:
    ///   - limit: how many bytes the packed saga may take.
    ///   - view: which parts the answer carries at all.
    package mutating func fit(into limit: Int, _ view: SagaView, _ excerpt: SagaExcerpt) {
        if excerpt == SagaExcerpt(), isSurelySmall(limit, view) { return }
        if !excerpt.steps.isEmpty {
            let wanted = Set(excerpt.steps)
            steps.removeAll { !wanted.contains($0.name) }
        }
        if let only = excerpt.part {
            for place in places(view) where place.part != only { keepNewest(0, of: place) }
        }
        let whole = places(view).reduce(0) { $0 + entryBytes(of: $1).reduce(0, +) }
        guard whole > limit - structureBytes(view) else { return }
        if view.steps { leaveOutSteps(until: limit / 4 * 3, view) }
        // Each may have to be noted; what is taken whole needs no note after all.
        let places = places(view)
        var room = limit - structureBytes(view)
        for place in places { room -= noteBytes(of: place) }
        for place in places {
            let entries = entryBytes(of: place)
            let all = entries.reduce(0, +)
            if all <= room + noteBytes(of: place) {
                room += noteBytes(of: place) - all
                continue
            }
            var (kept, keptBytes) = (0, 0)
            for bytes in entries.reversed() {
                guard keptBytes + bytes <= room else { break }
                kept += 1
                keptBytes += bytes
            }
            room -= keptBytes
            let payload = payload(of: place)
            omitted.append(
                OmittedPart(
                    step: place.step.map { steps[$0].name } ?? "", part: place.part,
                    bytes: payload?.bytes.count ?? all - keptBytes,
                    contentType: payload?.notedType ?? ""))
            keepNewest(kept, of: place)
        }
    }

    /// Leaves out whole steps until the structure, and a note for each part of the others, takes no
    /// more than so many bytes.
    private mutating func leaveOutSteps(until limit: Int, _ view: SagaView) {
        let places = places(view)
        var bytes = places.reduce(structureBytes(view)) { $0 + noteBytes(of: $1) }
        guard bytes > limit else { return }
        var notes: [Int: Int] = [:]
        for place in places {
            if let step = place.step { notes[step, default: 0] += noteBytes(of: place) }
        }
        // The last ones first, but those that a person wants to know of first last.
        let order =
            steps.indices.reversed().filter { !steps[$0].isUrgent }
            + steps.indices.reversed().filter { steps[$0].isUrgent }
        var gone: Set<Int> = []
        for index in order where bytes > limit {
            let step = steps[index]
            bytes -= step.structureBytes + (notes[index] ?? 0) - 40 - step.name.utf8.count
            gone.insert(index)
            omitted.append(OmittedPart(step: step.name, part: .step, bytes: step.structureBytes))
        }
        steps = steps.indices.filter { !gone.contains($0) }.map { steps[$0] }
    }

    /// Whether it fits without a closer look: most answers carry little but an output.
    private func isSurelySmall(_ limit: Int, _ view: SagaView) -> Bool {
        guard !view.steps, !view.history, !hasMore, attentionDetails.isEmpty, failure == nil,
            compensationFailure == nil
        else { return false }
        return input.bytes.count + (output?.bytes.count ?? 0) + structureBytes(view) < limit / 2
    }

    // MARK: - Places

    /// A part, and the step that it is of.
    private struct Place {
        var part: SagaPart
        var step: Int?
    }

    /// Where there is something that may be left out, in the order of need.
    private func places(_ view: SagaView) -> [Place] {
        let urgent = steps.indices.filter { steps[$0].isUrgent }
        let others = steps.indices.filter { !steps[$0].isUrgent }
        var places: [Place] = []
        for part in SagaPart.byNeed where part.view.isPart(of: view) {
            if part.isStepwise {
                places += (urgent + others).map { Place(part: part, step: $0) }
            } else {
                places.append(Place(part: part))
            }
        }
        return places.filter { !entryBytes(of: $0).isEmpty }
    }

    private func noteBytes(of place: Place) -> Int {
        40 + (payload(of: place)?.notedType.utf8.count ?? 0)
            + (place.step.map { steps[$0].name.utf8.count } ?? 0)
    }

    /// The payload that a part consists of; nil if it is none, or not there.
    ///
    /// - Parameter step: the step's name; not looked at for parts of the saga as a whole.
    package func payload(_ part: SagaPart, step: String) -> Payload? {
        let index = part.isStepwise ? steps.firstIndex { $0.name == step } : nil
        return payload(of: Place(part: part, step: index))
    }

    private func payload(of place: Place) -> Payload? {
        let step = place.step.map { steps[$0] }
        return switch place.part {
        case .input: input
        case .output: output
        case .failureDetails: failure?.failure.details
        case .compensationFailureDetails: compensationFailure?.failure.details
        case .parkingDetails: more.parking?.fault.failure.details
        case .stepInput: step?.more.input
        case .stepOutput: step?.output
        case .actionDetails: step?.action.lastFailure?.details
        case .undoDetails: step?.compensation?.lastFailure?.details
        case .actionProgress: step?.action.progress
        case .undoProgress: step?.compensation?.progress
        case .relations, .attentionErrors, .verbs, .actionError, .actionAttempts, .undoError,
            .undoAttempts, .children, .step:
            nil
        }
    }

    /// What each entry of a part takes at most once packed, oldest first; one for a part that is
    /// shown whole or not at all, none for one that is not there.
    private func entryBytes(of place: Place) -> [Int] {
        if let payload = payload(of: place) { return payload == .empty ? [] : [payload.packed] }
        let step = place.step.map { steps[$0] }
        switch place.part {
        case .input, .output, .failureDetails, .compensationFailureDetails, .parkingDetails,
            .stepInput, .stepOutput, .actionDetails, .undoDetails, .actionProgress, .undoProgress,
            .step:
            return []
        case .relations: return Self.one(steps.reduce(0) { $0 + $1.relationBytes })
        case .attentionErrors:
            return Self.one(attentionDetails.reduce(0) { $0 + ($1.lastFailure?.packedText ?? 0) })
        case .verbs: return more.verbs.map(\.packed)
        case .actionError:
            return Self.one(
                (step?.action.lastFailure?.message.utf8.count ?? 0)
                    + (step?.skippedBy?.reason.utf8.count ?? 0))
        case .undoError:
            return Self.one(
                (step?.compensation?.lastFailure?.message.utf8.count ?? 0)
                    + (step?.more.undoneBy?.reason.utf8.count ?? 0))
        case .actionAttempts: return step?.action.history.map(\.packed) ?? []
        case .undoAttempts: return step?.compensation?.history.map(\.packed) ?? []
        case .children: return step?.more.children.map { _ in 40 } ?? []
        }
    }

    private static func one(_ bytes: Int) -> [Int] { bytes > 0 ? [bytes] : [] }

    /// Leaves out a part, but for its newest entries.
    private mutating func keepNewest(_ kept: Int, of place: Place) {
        switch place.part {
        case .input: input = .empty
        case .output: output = nil
        case .failureDetails: failure?.failure.details = nil
        case .compensationFailureDetails: compensationFailure?.failure.details = nil
        case .parkingDetails: more.parking?.fault.failure.details = nil
        case .relations:
            for index in steps.indices {
                steps[index].after = []
                steps[index].more.condition = nil
            }
        case .attentionErrors:
            for index in attentionDetails.indices {
                attentionDetails[index].lastFailure?.message = ""
                attentionDetails[index].lastFailure?.details = nil
            }
        case .verbs: more.verbs.removeFirst(more.verbs.count - kept)
        case .stepInput, .stepOutput, .actionError, .actionDetails, .actionProgress,
            .actionAttempts, .undoError, .undoDetails, .undoProgress, .undoAttempts, .children,
            .step:
            guard let step = place.step else { return }
            steps[step].keepNewest(kept, of: place.part)
        }
    }

    // MARK: - The structure

    /// What takes room whatever is left out: an upper bound.
    private func structureBytes(_ view: SagaView) -> Int {
        var bytes = 1_024 + namespace.utf8.count + definition.utf8.count + key.utf8.count
        bytes += principal.name.utf8.count
        bytes += labels.reduce(0) { $0 + 24 + $1.key.utf8.count + $1.value.utf8.count }
        bytes += [failure, compensationFailure, more.parking?.fault].reduce(0) {
            $0 + ($1.map { $0.packed } ?? 0)
        }
        let people = [more.sentBackBy, more.abandonedBy]
        bytes += people.reduce(0) { $0 + ($1?.packed ?? 0) }
        if let suspension = more.suspension {
            bytes += 64 + suspension.reason.utf8.count + suspension.step.utf8.count
            bytes += suspension.by?.name.utf8.count ?? 0
        }
        if let request = more.cancelRequest {
            bytes += 64 + request.reason.utf8.count + request.by.name.utf8.count
        }
        bytes += more.left.reduce(0) { $0 + 24 + $1.step.utf8.count }
        bytes += attentionDetails.reduce(0) {
            $0 + 192 + $1.step.utf8.count + $1.handler.utf8.count
                + ($1.lastFailure?.code.utf8.count ?? 0)
        }
        bytes += steps.reduce(0) { $0 + 8 + $1.name.utf8.count }
        if view.steps { bytes += steps.reduce(0) { $0 + $1.structureBytes } }
        return bytes
    }
}

extension SagaView {
    /// Whether an answer of another view carries it too.
    fileprivate func isPart(of other: SagaView) -> Bool { union(other) == other }
}

// MARK: - Steps

extension StepStatus {
    /// Whether a person wants to know of it first.
    fileprivate var isUrgent: Bool {
        switch state {
        case .failed, .running, .scheduled, .compensating, .compensationFailed: true
        case .pending, .succeeded, .skipped, .compensated: false
        }
    }

    /// Who passed over it.
    fileprivate var skippedBy: VerbEntry? {
        if case .person(let entry) = more.skip { entry } else { nil }
    }

    fileprivate var relationBytes: Int {
        var bytes = after.reduce(0) { $0 + 8 + $1.utf8.count }
        if let condition = more.condition {
            bytes += 24 + condition.reference.description.utf8.count
            switch condition.test {
            case .equals(let json), .notEquals(let json): bytes += json.utf8.count
            case .exists: break
            }
        }
        return bytes
    }

    fileprivate var structureBytes: Int {
        var bytes = 128 + name.utf8.count + handler.utf8.count
        if case .condition(let found) = more.skip { bytes += 16 + found.utf8.count }
        // The verb stands in the skip and in the action; its reason is a part of its own.
        if let entry = skippedBy { bytes += 2 * entry.packed - 2 * entry.reason.utf8.count }
        if let entry = more.undoneBy { bytes += entry.packed - entry.reason.utf8.count }
        bytes += action.structureBytes(handler)
        bytes += compensation?.structureBytes(handler) ?? 0
        return bytes
    }

    fileprivate mutating func keepNewest(_ kept: Int, of part: SagaPart) {
        switch part {
        case .input, .output, .failureDetails, .compensationFailureDetails, .parkingDetails,
            .relations, .attentionErrors, .verbs, .step:
            preconditionFailure("\(part) is no part of a step")
        case .stepInput: more.input = nil
        case .stepOutput: output = nil
        case .actionError:
            action.lastFailure?.message = ""
            if var entry = skippedBy {
                entry.reason = ""
                more.skip = .person(entry)
            }
        case .undoError:
            compensation?.lastFailure?.message = ""
            more.undoneBy?.reason = ""
        case .actionDetails: action.lastFailure?.details = nil
        case .undoDetails: compensation?.lastFailure?.details = nil
        case .actionProgress: action.progress = nil
        case .undoProgress: compensation?.progress = nil
        case .actionAttempts: action.history.removeFirst(action.history.count - kept)
        case .undoAttempts:
            let older = (compensation?.history.count ?? 0) - kept
            compensation?.history.removeFirst(older)
        case .children: more.children.removeFirst(more.children.count - kept)
        }
    }
}

extension TaskStatus {
    fileprivate func structureBytes(_ handler: String) -> Int {
        // Names of those that are waited for are as long as those of one that had it.
        var bytes = 320 + instance.utf8.count + (lastFailure?.code.utf8.count ?? 0)
        if let waiting { bytes += 64 + handler.utf8.count + waiting.instance.utf8.count }
        return bytes
    }
}

extension WaitingReason {
    /// The instance whose return is waited for; empty for none.
    fileprivate var instance: String {
        switch self {
        case .participant(_, let lastSeen, _): lastSeen
        case .comeback(let instance, _, _): instance
        case .compensationHandler, .slot, .room, .backoff, .answer, .recovery, .cancelAnswer,
            .laterUndos, .delay, .notYet, .deferred, .child, .suspended, .parked:
            ""
        }
    }
}

// MARK: - What things take

extension Payload {
    fileprivate var packed: Int { 24 + contentType.utf8.count + bytes.count }

    /// The media type as a note has it: of one that is long, nothing.
    fileprivate var notedType: String { contentType.utf8.count > 64 ? "" : contentType }
}

extension Failure {
    /// But for the code.
    fileprivate var packedText: Int { message.utf8.count + (details?.packed ?? 0) }
}

extension SagaFault {
    /// But for the details.
    fileprivate var packed: Int {
        96 + step.utf8.count + instance.utf8.count + failure.code.utf8.count
            + failure.message.utf8.count
    }
}

extension VerbEntry {
    fileprivate var packed: Int {
        64 + step.utf8.count + by.name.utf8.count + reason.utf8.count
    }
}

extension AttemptStatus {
    fileprivate var packed: Int {
        var bytes = 112 + instance.utf8.count
        switch outcome {
        case .failed(let failure), .retry(let failure, _):
            bytes += failure.code.utf8.count + failure.packedText
        case .hold(let reason): bytes += reason.utf8.count
        case .refused(let refused): bytes += refused.reason.utf8.count
        case .succeeded(let output): bytes += output.packed
        case .notYet, .deferred, .declined, .unknown, nil: break
        }
        return bytes
    }
}
