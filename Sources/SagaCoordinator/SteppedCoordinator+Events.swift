package import SagaModel
package import SagaProtobuf

/// Watching events without threads and calls: what stands outside says when the journal is read,
/// and takes what is told.
extension SteppedCoordinator {
    /// Takes a watcher in.
    ///
    /// - Parameter capBytes: how much may wait for it.
    package func watch(_ message: WatchMessage, capBytes: Int) -> SteppedWatch {
        let watch = EventWatch(
            EventFilter(message), EventWatch.Start(message.start, durable: mark.current),
            capBytes: capBytes, hasRoom: {}, hasLeft: {})
        rounds.join(watch, durable: mark.current)
        return SteppedWatch(watch)
    }

    /// Reads for all watchers, up to what is durable or what they take.
    package func readEvents() {
        while rounds.round(mark.current) {}
    }
}

/// What is told to one watcher.
package final class SteppedWatch {
    private let watch: EventWatch

    init(_ watch: EventWatch) { self.watch = watch }

    deinit { watch.leave() }

    /// The next message, a WatchEventsResponse; nil if there is none now.
    package func next() throws(Refusal) -> [UInt8]? { try watch.takeNow() }
}

extension EventWatch.Start {
    /// What a request asks for, when so much is durable.
    init(_ start: WatchMessage.Start, durable: JournalPosition) {
        switch start {
        case .now: self = .behind(durable)
        case .oldest: self = .oldest
        case .after(let cursor): self = .after(cursor)
        }
    }
}
