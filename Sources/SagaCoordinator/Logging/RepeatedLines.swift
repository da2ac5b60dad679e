internal import Synchronization

/// Keeps a line of the log that comes again and again from drowning all others: so many of one kind
/// within a time are written, of the others it is told how many there were.
///
/// A kind is a message: those are constants of the program, so there are not many.
package final class RepeatedLines: Sendable {
    /// What is to be done with a line.
    enum Verdict: Equatable {
        /// It is written; before it, that so many like it were left out.
        case write(leftOut: Int)
        /// It is left out.
        case leaveOut
    }

    private struct Kind {
        var begunAt: Int64
        var written = 0
        var leftOut = 0
    }

    private let kinds = Mutex<[String: Kind]>([:])
    private let most: Int
    private let windowMicroseconds: Int64

    /// Lets so many lines of a kind through in a time.
    package init(most: Int, within window: Duration) {
        self.most = most
        let (seconds, attoseconds) = window.components
        windowMicroseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// A line comes.
    func take(_ message: String, atMicroseconds now: Int64) -> Verdict {
        kinds.withLock { kinds in
            var kind = kinds[message] ?? Kind(begunAt: now)
            defer { kinds[message] = kind }
            var leftOut = 0
            if now - kind.begunAt >= windowMicroseconds {
                leftOut = kind.leftOut
                kind = Kind(begunAt: now)
            }
            guard kind.written < most else {
                kind.leftOut += 1
                return .leaveOut
            }
            kind.written += 1
            return .write(leftOut: leftOut)
        }
    }
}
