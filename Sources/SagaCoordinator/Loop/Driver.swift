internal import DequeModule
package import SagaEngine
package import SagaJournal
package import SagaModel
internal import SagaProtobuf

/// Runs the engine: inputs and timers in, packed records and released effects out.
///
/// A plain synchronous value without a clock, a thread, a disk or a socket: whoever commits the
/// batch stands outside, so the daemon and a simulated world run the very same driver.
package struct Driver: ~Copyable {
    private var engine: Engine
    private var waiting: Deque<Input> = []
    private var arena = EncodingArena()
    /// When the driver last asked to be woken.
    private var wakeAt: Instant?

    /// Drives an engine that has replayed its journal.
    package init(_ engine: consuming Engine) {
        self.engine = engine
    }

    /// Takes one turn: inputs before timers, until all is done or the batch is full.
    ///
    /// - Parameters:
    ///   - inputs: what came in, in order.
    ///   - now: the engine's time.
    ///   - batch: gets the records; whole groups only.
    /// - Returns: when to come again. Effects are held until `release`.
    package mutating func turn(
        _ inputs: [Input], now: Instant, into batch: inout FrameBatch
    ) -> Turn {
        // A stopped process or a paused machine: nobody could be heard meanwhile.
        if let wakeAt, now - wakeAt > .seconds(1) { engine.resumed(now: now) }
        waiting.append(contentsOf: inputs)
        while !batch.isFull, let input = waiting.popFirst() {
            engine.step(input, now: now)
            pack(into: &batch)
        }
        var isBehind = !waiting.isEmpty
        if !batch.isFull, !isBehind {
            isBehind = engine.fireTimers(now: now)
            pack(into: &batch)
        }
        wakeAt = engine.nextWake
        return Turn(wakeAt: wakeAt, isBehind: isBehind || batch.isFull)
    }

    /// Releases the effects of everything that is durable.
    package mutating func release(durable: JournalPosition) -> [Effect] {
        engine.advance(to: durable)
    }

    /// Lends the engine to look at.
    package func inspect<Result>(_ body: (borrowing Engine) -> Result) -> Result { body(engine) }

    private mutating func pack(into batch: inout FrameBatch) {
        for emitted in engine.takeRecords() {
            batch.append(
                type: RecordType(rawValue: RecordCodec.type(of: emitted.record)),
                at: emitted.position, saga: emitted.saga, continues: emitted.continues
            ) { bytes in
                RecordCodec.encode(emitted.record, into: &bytes, arena: &arena)
            }
        }
    }
}

/// What is left to do after a turn.
package struct Turn: Equatable, Sendable {
    /// When the next timer is due; nil if none is set.
    package var wakeAt: Instant?
    /// Whether there is more to do at once: the batch was full.
    package var isBehind: Bool
}
