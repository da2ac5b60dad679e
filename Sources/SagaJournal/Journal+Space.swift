internal import SagaModel
package import SagaSystem

extension Journal {
    /// How far apart the file system is asked for room, in microseconds.
    private static let lookPause: Int64 = 250_000

    /// Looks at what room there is, and has a segment made that could not be made before, if it is
    /// time to try again.
    ///
    /// To be called before anything is decided, and every quarter of a second while space is short:
    /// what a full disk has held back goes on because of this call.
    ///
    /// Waits for a segment that is being made when the one that is written comes to its end, or
    /// when there was no room for it the last time that the file system was asked: only then it is
    /// known how much room there is.
    ///
    /// - Parameter now: a time in microseconds that never goes back.
    package mutating func lookAtSpace(at now: Int64) -> JournalSpace {
        var ahead = preparer.look(at: now)
        // A segment that nobody expects to be there any more is no better than none.
        if ahead == .underWay, isForecastShort || space(ahead).needsVerdict(afterWriting: 0) {
            ahead = preparer.verdict()
        }
        guard ahead == .ready else { return space(ahead) }
        if now >= nextForecast {
            isForecastShort = preparer.lacksRoom
            nextForecast = now.addingReportingOverflow(Self.lookPause).partialValue
        }
        return space(isForecastShort ? .lastReady : .ready)
    }

    /// Why the last attempt to make a segment found no room; nil if there is none to tell of.
    package var spaceFailure: SystemFailure? { preparer.shortage }

    /// Bytes that the file system still has room for; nil where it cannot say.
    package var freeBytes: UInt64? { (try? storage.freeBytes()) ?? nil }

    private func space(_ ahead: JournalSpace.Ahead) -> JournalSpace {
        JournalSpace(
            ahead: ahead, roomBytes: max(0, room),
            segmentRoomBytes: settings.limits.largestGroupBytes,
            bounds: settings.limits.spaceBounds)
    }
}
