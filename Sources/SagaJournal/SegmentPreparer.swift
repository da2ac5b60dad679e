internal import SagaSystem

/// Sees to it that the next segment is ready when it is needed.
///
/// On a thread of its own, so that whoever commits only swaps; or inline, for one order of all
/// operations.
final class SegmentPreparer: Sendable {
    private enum State: Sendable {
        /// Nothing asked for. Can transition to: wanted, ready, stopped.
        case idle
        /// To be made by the thread. Can transition to: making.
        case wanted
        /// Being made. Can transition to: ready, failed.
        case making
        /// Made and not yet taken. Can transition to: idle, stopped.
        case ready(PreparedSegment)
        /// Could not be made; the next who takes tries again. Can transition to: wanted, stopped.
        case failed(SystemFailure)
        /// The end: nothing is made any more.
        case stopped
    }

    private let state: Monitor<State>
    /// Only the one who is making a segment and the one who frees some touch it, so it never blocks
    /// who commits.
    let preparation: Monitor<SegmentPreparation>
    private let thread: SystemThread?

    /// Takes the work over; `spare` is a segment that an earlier life has left ready.
    init(
        _ preparation: SegmentPreparation, spare: PreparedSegment?, onThread: Bool
    ) throws(SystemFailure) {
        let state = Monitor<State>(spare.map { .ready($0) } ?? .idle)
        let work = Monitor(preparation)
        self.state = state
        self.preparation = work
        thread =
            onThread
            ? try SystemThread(name: "journal-prepare") { Self.run(state, work) } : nil
    }

    /// Asks for the next segment, if none is ready; returns at once unless inline.
    func begin() {
        let isWanted = state.withLock { state in
            switch state {
            case .idle, .failed:
                state = .wanted
                return true
            case .wanted, .making, .ready, .stopped: return false
            }
        }
        if isWanted && thread == nil { makeInline() }
    }

    /// Takes the next segment; waits for it if need be.
    func take() throws(SystemFailure) -> PreparedSegment {
        begin()
        let result: Result<PreparedSegment, SystemFailure> = state.wait { state in
            switch state {
            case .ready(let segment):
                state = .idle
                return .success(segment)
            case .failed(let failure): return .failure(failure)
            case .idle, .wanted, .making: return nil
            case .stopped: preconditionFailure("a segment was asked for after the end")
            }
        }
        return try result.get()
    }

    /// Ends the thread, after the segment that it may be making.
    func stop() {
        state.wait { state -> Void? in
            switch state {
            case .making: return nil
            case .idle, .wanted, .ready, .failed, .stopped:
                state = .stopped
                return ()
            }
        }
        thread?.join()
    }

    private func makeInline() {
        state.withLock { $0 = .making }
        Self.make(state, preparation)
    }

    private static func run(_ state: Monitor<State>, _ work: Monitor<SegmentPreparation>) {
        while true {
            let goesOn: Bool = state.wait { state in
                switch state {
                case .wanted:
                    state = .making
                    return true
                case .stopped: return false
                case .idle, .making, .ready, .failed: return nil
                }
            }
            guard goesOn else { return }
            make(state, work)
        }
    }

    private static func make(_ state: Monitor<State>, _ work: Monitor<SegmentPreparation>) {
        let made: State
        do throws(SystemFailure) {
            made = .ready(
                try work.withLock { (preparation) throws(SystemFailure) in
                    try preparation.next()
                })
        } catch {
            made = .failed(error)
        }
        state.withLock { $0 = made }
    }
}
