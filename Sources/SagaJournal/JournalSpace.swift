package import SagaModel

/// Bytes at the end of the last segment that are kept for what matters more than what came before.
package struct SpaceBounds: Hashable, Sendable {
    /// Below so many bytes nothing is recorded but the beginnings of lives.
    package let reserveBytes: Int
    /// Below so many bytes nothing at all is meant to be recorded but those.
    package let lastBytes: Int

    /// 1 MiB and 64 KiB; of a segment below 4 MiB a quarter and a 64th, so that tests and small
    /// disks see every level, and never less than the beginning of a life takes.
    package init(segmentBytes: Int) {
        reserveBytes = min(1 << 20, segmentBytes / 4)
        lastBytes = min(64 << 10, max(1 << 10, segmentBytes / 64))
    }
}

/// The room that a journal has at a moment.
package struct JournalSpace: Hashable, Sendable {
    /// What is known of the segments behind the one that is written.
    package enum Ahead: Hashable, Sendable {
        /// The next one is ready, and there is room for one more.
        case ready
        /// The next one is ready, and there is no room for one more.
        case lastReady
        /// The next one is being made, or was not asked for yet.
        case underWay
        /// The next one could not be made for lack of room.
        case none
    }

    /// What is known of the segments behind the one that is written.
    package var ahead: Ahead
    /// Bytes that records may still take in the segment that is written.
    package var roomBytes: Int
    /// The same of a segment that is not used yet.
    package var segmentRoomBytes: Int
    /// What is kept free.
    package var bounds: SpaceBounds

    /// Puts a moment together.
    package init(ahead: Ahead, roomBytes: Int, segmentRoomBytes: Int, bounds: SpaceBounds) {
        self.ahead = ahead
        self.roomBytes = roomBytes
        self.segmentRoomBytes = segmentRoomBytes
        self.bounds = bounds
    }

    /// Any room, for who commits nowhere.
    package static let unlimited = JournalSpace(
        ahead: .ready, roomBytes: .max, segmentRoomBytes: .max, bounds: SpaceBounds(segmentBytes: 0)
    )

    /// Whether no segment can be made behind those that there are: what could be freed should be.
    package var isShort: Bool {
        switch ahead {
        case .ready, .underWay: false
        case .lastReady, .none: true
        }
    }

    /// The level that holds once so many bytes of records are written.
    package func level(afterWriting bytes: Int) -> SpaceLevel {
        switch ahead {
        case .ready, .underWay: .ample
        case .lastReady:
            // A group stands in one segment, so what does not fit goes into the next one whole.
            bytes <= roomBytes ? .low : level(left: segmentRoomBytes - bytes)
        case .none: level(left: roomBytes - bytes)
        }
    }

    /// Whether it must be known first whether the next segment can be made: what is left without it
    /// would come to its end.
    package func needsVerdict(afterWriting bytes: Int) -> Bool {
        ahead == .underWay && roomBytes - bytes <= bounds.reserveBytes
    }

    private func level(left: Int) -> SpaceLevel {
        if left <= bounds.lastBytes { return .last }
        return left <= bounds.reserveBytes ? .reserve : .spare
    }
}
