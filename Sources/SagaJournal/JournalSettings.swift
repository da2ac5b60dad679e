/// How big the parts of a journal may be.
package struct JournalLimits: Hashable, Sendable {
    /// Bytes of a new segment file, a multiple of 4096; existing ones keep theirs.
    package var segmentBytes: Int
    /// Bytes that recovery reads at a time, a multiple of 4096; a larger group makes it read more.
    package var windowBytes: Int

    /// The defaults are those of `journal.segmentBytes` and of a read that a disk does in one go.
    package init(segmentBytes: Int = 64 << 20, windowBytes: Int = 1 << 20) {
        precondition(
            segmentBytes % SegmentHeader.byteCount == 0
                && segmentBytes >= 2 * SegmentHeader.byteCount,
            "segmentBytes is \(segmentBytes)")
        precondition(
            windowBytes % SegmentHeader.byteCount == 0 && windowBytes > 0,
            "windowBytes is \(windowBytes)")
        self.segmentBytes = segmentBytes
        self.windowBytes = windowBytes
    }

    /// What is kept free at the end of the last segment that there is.
    package var spaceBounds: SpaceBounds { SpaceBounds(segmentBytes: segmentBytes) }

    /// The largest group, and so the largest record with its frame, that a segment can hold.
    package var largestGroupBytes: Int {
        segmentBytes - SegmentHeader.byteCount - LinkFrame.byteCount - FrameHeader.byteCount
    }
}

/// What a journal needs besides its storage: limits, permissions, and the outside world as values.
package struct JournalSettings: Sendable {
    /// Who prepares the next segment.
    package enum Preparation: Hashable, Sendable {
        /// A thread of its own: the committing thread only swaps.
        case onThread
        /// The committing thread itself, right behind the first commit in a segment: for tests and
        /// simulations, which want one order of operations.
        case inline
    }

    /// How big the parts may be.
    package var limits: JournalLimits
    /// Who prepares the next segment.
    package var preparation: Preparation
    /// Whether file systems are accepted that forget or cannot lock (`--allow-volatile`).
    package var allowsVolatile: Bool
    /// Whether the directory is a copy that is to go on in an incarnation of its own
    /// (`--restored`); a backup is opened in no other way.
    package var isRestored: Bool
    /// Taken by who copies segments; nothing is freed meanwhile.
    package var freeing: FreeingHold
    /// Told, before the first record is visited, about how many bytes of records there are.
    package var willRead: @Sendable (_ bytes: Int) -> Void
    /// The user as whom this process runs; the directory must be this user's.
    package var user: UInt32
    /// The number of this process, which the lock file tells others.
    package var process: Int32
    /// Gives 64 random bits at each call, from any thread.
    package var entropy: @Sendable () -> UInt64
    /// Gives monotonic microseconds at each call; used for the statistics only.
    package var microseconds: @Sendable () -> Int64

    /// Puts the settings together.
    package init(
        limits: JournalLimits, preparation: Preparation, allowsVolatile: Bool,
        isRestored: Bool = false, freeing: FreeingHold = FreeingHold(),
        willRead: @escaping @Sendable (_ bytes: Int) -> Void = { _ in }, user: UInt32,
        process: Int32,
        entropy: @escaping @Sendable () -> UInt64,
        microseconds: @escaping @Sendable () -> Int64
    ) {
        self.limits = limits
        self.preparation = preparation
        self.allowsVolatile = allowsVolatile
        self.isRestored = isRestored
        self.freeing = freeing
        self.willRead = willRead
        self.user = user
        self.process = process
        self.entropy = entropy
        self.microseconds = microseconds
    }
}
