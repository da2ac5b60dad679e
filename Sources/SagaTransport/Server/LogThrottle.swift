package import SagaRPC

/// Lets a number of lines of each kind through a second, and counts what is left out.
///
/// Whoever can make a server write a line can make it write a million.
package struct LogThrottle<Kind: Hashable & Sendable>: Sendable {
    private struct Window {
        var began: RPCInstant
        var written = 0
        var leftOut = 0
    }

    /// What is to be done about a line.
    package enum Verdict: Equatable, Sendable {
        case write
        case leaveOut
    }

    private let linesPerSecond: Int
    private var windows: [Kind: Window] = [:]

    /// Makes a throttle that has let nothing through yet.
    package init(linesPerSecond: Int) { self.linesPerSecond = linesPerSecond }

    /// Asks for one line. Lines left out are told by ``summaries(now:)`` once their second is over.
    package mutating func ask(_ kind: Kind, now: RPCInstant) -> Verdict {
        var window = windows[kind] ?? Window(began: now)
        if window.leftOut == 0, now >= window.began + .seconds(1) { window = Window(began: now) }
        defer { windows[kind] = window }
        guard window.written < linesPerSecond else {
            window.leftOut += 1
            return .leaveOut
        }
        window.written += 1
        return .write
    }

    /// When there is a summary to be told.
    package var nextSummary: RPCInstant? {
        windows.values.lazy.filter { $0.leftOut > 0 }.map { $0.began + .seconds(1) }.min()
    }

    /// How many lines of which kind were left out in seconds that are over.
    package mutating func summaries(now: RPCInstant) -> [Kind: Int] {
        var result: [Kind: Int] = [:]
        for (kind, window) in windows where now >= window.began + .seconds(1) {
            if window.leftOut > 0 { result[kind] = window.leftOut }
            windows[kind] = nil
        }
        return result
    }
}
