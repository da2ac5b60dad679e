internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

/// Where the answer to one start of a batch belongs.
struct BatchPlace {
    let call: ServerCallID
    let index: Int
}

/// A batch of starts whose answers are not all there.
struct OpenBatch {
    var results: [StartResult?]
    var missing: Int
}

/// `StartSagas`: each start of a batch is an input and an answer of its own.
extension LoopServices {
    /// Marks numbers of calls that stand for one start of a batch, below the event loop's byte.
    private static var batchBit: UInt64 { 1 << 55 }

    func startAll(_ call: ServerCallID, _ requests: [Result<StartRequest, Refusal>]) {
        var open = OpenBatch(
            results: Array(repeating: nil, count: requests.count), missing: 0)
        for index in requests.indices {
            let request: StartRequest
            switch requests[index] {
            case .success(let wanted): request = wanted
            case .failure(let refusal):
                open.results[index] = refused(refusal)
                continue
            }
            open.missing += 1
            nextBatchCall += 1
            let part = CallID(
                UInt64(writer.loopIndex) << 56 | Self.batchBit | nextBatchCall & (Self.batchBit - 1)
            )
            batches[part] = BatchPlace(call: call, index: index)
            hand(.start(part, request))
        }
        if open.missing > 0 {
            openBatches[call] = open
        } else {
            answerBatch(call, open.results.compactMap(\.self))
        }
    }

    /// Takes the answer to one start; false if the call is not part of a batch.
    func collect(_ part: CallID, _ reply: Reply) -> Bool {
        guard let place = batches.removeValue(forKey: part) else { return false }
        guard var open = openBatches[place.call] else { return true }
        switch reply {
        case .started(let id, let existing, let definition, _):
            open.results[place.index] = .started(id, existing: existing, definition)
        case .refused(let refusal): open.results[place.index] = refused(refusal)
        case .registered, .saga, .page, .verbDone, .completed, .definition, .definitions,
            .participants, .status, .counts:
            preconditionFailure("a start is answered with \(reply)")
        }
        open.missing -= 1
        if open.missing > 0 {
            openBatches[place.call] = open
        } else {
            openBatches[place.call] = nil
            answerBatch(place.call, open.results.compactMap(\.self))
        }
        return true
    }

    /// One start of a batch that is refused counts as one that comes alone.
    private func refused(_ refusal: Refusal) -> StartResult {
        context.countRejection(refusal)
        return .refused(refusal)
    }

    private func answerBatch(_ call: ServerCallID, _ results: [StartResult]) {
        respond(call) { bytes, arena in
            SagaServiceCodec.encodeStartSagas(results, into: &bytes, arena: &arena)
        }
    }
}
