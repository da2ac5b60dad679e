internal import Saga
internal import SagaCoordinator
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport
internal import Synchronization

/// A call that is not over, by who made it.
enum OpenCall {
    case session(TestProcess, stream: Int)
    case unary(UnaryCall)
}

/// A client's call with one message each way.
struct UnaryCall {
    let wait: Wait
    let continuation: CheckedContinuation<Result<[UInt8], SagaError>, Never>
    var answer: [UInt8]?
}

/// Something that a task waits for in the world.
final class Wait: Sendable {
    /// The handler that waits; nil for a task that is no handler's.
    let run = RunID.current
    private let cancelled = Atomic(false)

    /// Whether its task was cancelled.
    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    func cancel() { cancelled.store(true, ordering: .releasing) }
}

extension TestWorld {
    // MARK: - Waiting

    /// A task waits from now on.
    ///
    /// - Parameter fail: called at most once, when nothing will come any more; it ends the wait.
    func begin(_ wait: Wait, _ fail: @escaping (SagaError) -> Void) {
        waiters[ObjectIdentifier(wait)] = fail
        if let run = wait.run, runs[run] != nil {
            runs[run]?.waits += 1
            if runs[run]?.waits == 1 { busyRuns -= 1 }
        } else {
            outerWaits += 1
        }
    }

    /// A task goes on.
    func end(_ wait: Wait) {
        guard waiters.removeValue(forKey: ObjectIdentifier(wait)) != nil else { return }
        if let run = wait.run, let waits = runs[run]?.waits, waits > 0 {
            runs[run]?.waits -= 1
            if waits == 1 { busyRuns += 1 }
        } else {
            outerWaits -= 1
        }
    }

    /// Ends a wait in the way that its owner is told of.
    func cancel(_ wait: Wait) {
        waiters[ObjectIdentifier(wait)]?(
            SagaError(.cancelled, reason: "", "the task that waited was cancelled"))
    }

    /// Waits so long, or until the wait is cancelled.
    func sleep(
        _ duration: Duration, _ wait: Wait,
        _ continuation: CheckedContinuation<SagaError?, Never>
    ) {
        guard coordinator != nil, !wait.isCancelled else {
            continuation.resume(returning: coordinator == nil ? TestLink.over : nil)
            return
        }
        var continuation: CheckedContinuation<SagaError?, Never>? = continuation
        let goOn: (SagaError?) -> Void = { error in
            guard let waiting = continuation.take() else { return }
            self.end(wait)
            waiting.resume(returning: error)
        }
        begin(wait) { goOn($0) }
        later(duration.microseconds) { _ in goOn(nil) }
    }

    // MARK: - Calls

    /// A new call.
    func begin(_ call: OpenCall) -> ServerCallID {
        lastCall += 1
        let id = ServerCallID(rawValue: lastCall)
        calls[id] = call
        return id
    }

    static func request(_ path: String, _ metadata: Metadata = Metadata()) -> CallRequest {
        CallRequest(
            method: SteppedCoordinator<TestOutput>.method(path), deadline: nil,
            metadata: metadata, peer: "test", identity: nil)
    }

    /// Makes a call with one message each way.
    func unary(
        _ path: String, _ message: [UInt8], _ metadata: Metadata, within limit: Duration,
        _ wait: Wait, _ continuation: CheckedContinuation<Result<[UInt8], SagaError>, Never>
    ) {
        guard let coordinator else {
            continuation.resume(returning: .failure(TestLink.over))
            return
        }
        let call = begin(.unary(UnaryCall(wait: wait, continuation: continuation)))
        begin(wait) { error in
            self.resume(call, .failure(error))
            coordinator.service.ended(call, .cancelled)
            coordinator.service.turnEnded()
        }
        guard !wait.isCancelled else { return cancel(wait) }
        later(limit.microseconds) { world in
            guard world.calls[call] != nil else { return }
            world.hangUp(call, .deadlineExceeded)
            world.finished(call, RPCStatus(.deadlineExceeded, "no answer within \(limit)"))
        }
        switch coordinator.service.opened(call, Self.request(path, metadata)) {
        case .accept:
            coordinator.service.message(call, message.span)
            coordinator.service.halfClosed(call)
            coordinator.service.turnEnded()
        case .refuse(let status): finished(call, status)
        }
    }

    private func resume(_ call: ServerCallID, _ result: Result<[UInt8], SagaError>) {
        guard case .unary(let unary) = calls.removeValue(forKey: call) else { return }
        end(unary.wait)
        unary.continuation.resume(returning: result)
    }

    /// Tells the coordinator that a call is over.
    func hangUp(_ call: ServerCallID, _ end: CallEnd) {
        if case .session = calls[call] { calls[call] = nil }
        coordinator?.service.ended(call, end)
        coordinator?.service.turnEnded()
    }

    /// The coordinator spoke on a call.
    func received(_ bytes: [UInt8], on call: ServerCallID) {
        switch calls[call] {
        case .session(let process, let stream): told(bytes, process, stream: stream)
        case .unary(var unary):
            unary.answer = bytes
            calls[call] = .unary(unary)
        case nil: break
        }
    }

    /// The coordinator has ended a call.
    func finished(_ call: ServerCallID, _ status: RPCStatus) {
        switch calls[call] {
        case .session(let process, let stream):
            calls[call] = nil
            let error = SagaError(status)
            let refusal = SessionRefusal(
                code: error.code, reason: error.reason, message: error.message)
            disconnected(
                process, stream: stream,
                status.code == .ok ? .lost("the stream ended") : .refused(refusal))
        case .unary(let unary):
            if status.code == .ok, let answer = unary.answer {
                resume(call, .success(answer))
            } else {
                resume(call, .failure(SagaError(status)))
            }
        case nil: break
        }
    }

    /// The coordinator is gone, and a call with it.
    func lost(_ call: ServerCallID) {
        switch calls[call] {
        case .session(let process, let stream):
            calls[call] = nil
            disconnected(process, stream: stream, .lost("the coordinator is gone"))
        case .unary:
            resume(
                call, .failure(SagaError(.unavailable, reason: "", "the coordinator is gone")))
        case nil: break
        }
    }

    // MARK: - Events

    /// Gives the next answer of a watch, or keeps its reader waiting.
    func next(_ id: ObjectIdentifier, _ request: [UInt8], _ reader: TestWatch.Reader) {
        guard let coordinator, !reader.wait.isCancelled else {
            reader.continuation.resume(
                returning: coordinator == nil ? .failure(TestLink.over) : .success(nil))
            return
        }
        let watch: TestWatch
        if let open = watches[id] {
            watch = open
        } else {
            do throws(CodecFailure) {
                let message = try SagaServiceCodec.decodeWatchEvents(
                    request.span, limits: CodecLimits(), arena: &decoding)
                watch = TestWatch(
                    coordinator.watch(message, capBytes: TestLimits.watchedBytes), self)
                watches[id] = watch
            } catch {
                reader.continuation.resume(returning: .failure(TestWatch.error(error.refusal)))
                return
            }
        }
        watch.read(reader)
    }

    /// Tells readers of events what they wait for; false if there is nothing to tell.
    func tellEvents(_ coordinator: SteppedCoordinator<TestOutput>) -> Bool {
        let waiting = watches.values.filter(\.isWaiting)
        guard !waiting.isEmpty else { return false }
        coordinator.readEvents()
        var hasTold = false
        for watch in waiting where watch.tell() { hasTold = true }
        return hasTold
    }
}
