internal import SagaSystem

/// Lets a copy go on no faster than so many bytes a second, and no further once it is stopped.
final class BackupPace: Sendable {
    private struct State {
        var isStopped = false
        var begunAt: MonotonicInstant?
        var bytes = 0
    }

    private let bytesPerSecond: Int
    private let state = Monitor(State())

    /// Makes a pace that begins with the first bytes.
    init(bytesPerSecond: Int) { self.bytesPerSecond = bytesPerSecond }

    /// So many bytes more were copied: waits until the next are due.
    ///
    /// - Returns: whether there is to be more.
    func goOn(after bytes: Int) -> Bool {
        let due = state.withLock { state in
            let begunAt = state.begunAt ?? .now()
            state.begunAt = begunAt
            state.bytes += bytes
            let seconds = Double(state.bytes) / Double(bytesPerSecond)
            return MonotonicInstant(
                microseconds: begunAt.microseconds + Int64(seconds * 1_000_000))
        }
        if isStopped { return false }
        guard MonotonicInstant.now() < due else { return true }
        return state.wait(until: due) { $0.isStopped ? () : nil } == nil
    }

    /// Ends the copy behind the piece that it is at.
    func stop() { state.withLock { $0.isStopped = true } }

    var isStopped: Bool { state.withLock { $0.isStopped } }
}
