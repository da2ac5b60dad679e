internal import Glibc

/// A point of the clock that never goes back and means nothing on another machine.
package struct MonotonicInstant: Hashable, Comparable, Sendable {
    /// Microseconds since an arbitrary point before this process began.
    package let microseconds: Int64

    /// Makes a point of its number, for tests.
    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Now, by CLOCK_MONOTONIC.
    package static func now() -> MonotonicInstant {
        MonotonicInstant(microseconds: readClock(CLOCK_MONOTONIC))
    }

    /// How many microseconds went by since an earlier point.
    package func microseconds(since earlier: MonotonicInstant) -> Int64 {
        microseconds - earlier.microseconds
    }

    /// Keeps the calling thread from running for a time, at least.
    package static func sleep(microseconds: Int64) {
        guard microseconds > 0 else { return }
        var time = timespec(
            tv_sec: Int(microseconds / 1_000_000),
            tv_nsec: Int(microseconds % 1_000_000) * 1_000)
        var left = timespec()
        // SAFETY: the addresses are those of local variables for the time of the call, which writes
        // what is left when a signal has interrupted it.
        while unsafe nanosleep(&time, &left) != 0, errno == EINTR { time = left }
    }

    /// Points sort by time.
    package static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.microseconds < right.microseconds
    }
}

/// The clock of the calendar, which people and other machines set.
package enum WallClock {
    /// Microseconds since 1970-01-01T00:00:00Z; may jump either way.
    package static func microsecondsSince1970() -> Int64 {
        readClock(CLOCK_REALTIME)
    }
}

private func readClock(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // SAFETY: the address is that of a local variable for the time of the call.
    let result = unsafe clock_gettime(clock, &time)
    precondition(result == 0, "clock_gettime(\(clock)) failed with errno \(errno)")
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}
