internal import SagaSystem

/// Sees to it that the next segment is ready when it is needed.
///
/// On a thread of its own, so that whoever commits only swaps; or inline, for one order of all
/// operations. Where there is no room for a segment it is tried again and again, each time that
/// somebody looks and the pause is over; any other failure is that of whoever takes the segment.
final class SegmentPreparer: Sendable {
    private enum State: Sendable {
        /// Nothing asked for. Can transition to: wanted, ready, stopped.
        case idle
        /// To be made by the thread. Can transition to: making.
        case wanted
        /// Being made. Can transition to: ready, short, failed.
        case making
        /// Made and not yet taken. Can transition to: idle, stopped.
        case ready(PreparedSegment)
        /// There was no room for it; who looks when the pause is over has it tried again. Can
        /// transition to: wanted, stopped.
        case short(Shortage)
        /// Could not be made; the next who takes tries again. Can transition to: wanted, stopped.
        case failed(SystemFailure)
        /// The end: nothing is made any more.
        case stopped
    }

    private struct Shortage: Sendable {
        var failure: SystemFailure
        /// When it is tried again; nil until somebody has looked and said what time it is.
        var retryAt: Int64?
        /// Microseconds until then.
        var pause: Int64
    }

    private struct Desk: Sendable {
        var state: State
        /// What the attempt before ended with, while it is tried once more after a lack of room:
        /// until it has come to something, there is none.
        var triedAfter: Shortage?

        /// How the next segment stands.
        var ahead: JournalSpace.Ahead {
            switch state {
            case .ready: .ready
            case .short: .none
            // A failure of another kind is told to whoever takes.
            case .idle, .wanted, .making, .failed, .stopped:
                triedAfter == nil ? .underWay : .none
            }
        }
    }

    /// The pauses between two attempts, in microseconds: to ask the file system for its room costs
    /// nothing, but where that has room and does not give it (a quota), each attempt writes.
    private static let shortestPause: Int64 = 250_000
    private static let longestPause: Int64 = 8_000_000

    private let desk: Monitor<Desk>
    /// Only the one who is making a segment and the one who frees some touch it, so it never blocks
    /// who commits.
    let preparation: Monitor<SegmentPreparation>
    private let room: SegmentRoom
    private let thread: SystemThread?

    /// Takes the work over; `spare` is a segment that an earlier life has left ready.
    init(
        _ preparation: SegmentPreparation, spare: PreparedSegment?, onThread: Bool
    ) throws(SystemFailure) {
        let desk = Monitor(Desk(state: spare.map { .ready($0) } ?? .idle))
        let work = Monitor(preparation)
        self.desk = desk
        self.preparation = work
        room = preparation.room
        thread =
            onThread
            ? try SystemThread(name: "journal-prepare") { Self.run(desk, work) } : nil
    }

    /// Whether the file system has no room for one more segment behind those that there are.
    var lacksRoom: Bool { room.lack() != nil }

    /// Why there was no room; nil if there is a segment, or another reason.
    var shortage: SystemFailure? {
        desk.withLock { desk in
            guard case .short(let shortage) = desk.state else { return desk.triedAfter?.failure }
            return shortage.failure
        }
    }

    /// Asks for the next segment, if none is ready; returns at once unless inline.
    func begin() {
        ask { state in
            switch state {
            case .idle, .failed: true
            case .wanted, .making, .ready, .short, .stopped: false
            }
        }
    }

    /// Says how the next segment stands, and asks for it again where there was no room and it is
    /// time.
    ///
    /// - Parameter now: microseconds that never go back.
    func look(at now: Int64) -> JournalSpace.Ahead {
        desk.withLock { desk in
            guard case .short(var shortage) = desk.state, shortage.retryAt == nil else { return }
            shortage.retryAt = now.addingReportingOverflow(shortage.pause).partialValue
            desk.state = .short(shortage)
        }
        ask { state in
            guard case .short(let shortage) = state, let due = shortage.retryAt else {
                return false
            }
            return now >= due
        }
        return desk.withLock { $0.ahead }
    }

    /// Tries at once where there was no room.
    func retry() {
        ask { state in if case .short = state { true } else { false } }
    }

    /// Says how the next segment stands once none is being made.
    func verdict() -> JournalSpace.Ahead {
        desk.wait { desk in
            switch desk.state {
            case .wanted, .making: nil
            case .idle, .ready, .short, .failed, .stopped: desk.ahead
            }
        }
    }

    /// Takes the next segment; waits for one that is being made. Nil if there is no room for one.
    func take() throws(SystemFailure) -> PreparedSegment? {
        begin()
        let result: Result<PreparedSegment?, SystemFailure> = desk.wait { desk in
            switch desk.state {
            case .ready(let segment):
                desk.state = .idle
                return .success(segment)
            case .short: return .success(nil)
            case .failed(let failure): return .failure(failure)
            case .idle, .wanted, .making: return nil
            case .stopped: preconditionFailure("a segment was asked for after the end")
            }
        }
        return try result.get()
    }

    /// Ends the thread, after the segment that it may be making.
    func stop() {
        desk.wait { desk -> Void? in
            switch desk.state {
            case .making: return nil
            case .idle, .wanted, .ready, .short, .failed, .stopped:
                desk.state = .stopped
                return ()
            }
        }
        thread?.join()
    }

    /// Has a segment made if the state is one in which it is to be.
    private func ask(_ isWanted: (State) -> Bool) {
        let asks = desk.withLock { desk in
            guard isWanted(desk.state) else { return false }
            if case .short(let shortage) = desk.state { desk.triedAfter = shortage }
            desk.state = .wanted
            return true
        }
        if asks && thread == nil {
            desk.withLock { $0.state = .making }
            Self.make(desk, preparation)
        }
    }

    private static func run(_ desk: Monitor<Desk>, _ work: Monitor<SegmentPreparation>) {
        while true {
            let goesOn: Bool = desk.wait { desk in
                switch desk.state {
                case .wanted:
                    desk.state = .making
                    return true
                case .stopped: return false
                case .idle, .making, .ready, .short, .failed: return nil
                }
            }
            guard goesOn else { return }
            make(desk, work)
        }
    }

    private static func make(_ desk: Monitor<Desk>, _ work: Monitor<SegmentPreparation>) {
        let lastPause = desk.withLock { $0.triedAfter?.pause ?? 0 }
        let made: State = work.withLock { preparation in
            if let lack = preparation.lackOfRoom() {
                return .short(Shortage(failure: lack, pause: shortestPause))
            }
            do throws(SystemFailure) {
                return .ready(try preparation.next())
            } catch {
                guard error.isLackOfRoom else { return .failed(error) }
                let pause = min(max(shortestPause, lastPause * 2), longestPause)
                return .short(Shortage(failure: error, pause: pause))
            }
        }
        desk.withLock { desk in
            desk.state = made
            desk.triedAfter = nil
        }
    }
}
