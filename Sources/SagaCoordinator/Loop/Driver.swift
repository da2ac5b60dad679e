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
    ///   - space: what room the journal has; what the batch holds already comes off it.
    ///   - batch: gets the records; whole groups only.
    /// - Returns: when to come again. Effects are held until `release`.
    package mutating func turn(
        _ inputs: [Input], now: Instant, space: JournalSpace = .unlimited,
        into batch: inout FrameBatch
    ) -> Turn {
        // A stopped process or a paused machine: nobody could be heard meanwhile.
        if let wakeAt, now - wakeAt > .seconds(1) { engine.resumed(now: now) }
        waiting.append(contentsOf: inputs)
        let level = space.level(afterWriting: batch.byteCount)
        if level != engine.space { step(.space(level), now, into: &batch) }
        while !batch.isFull {
            if engine.mayStepKept {
                guard claim(engine.nextKeptBytes, of: space, now, &batch) else { break }
                if engine.stepKept(now: now) {
                    pack(into: &batch)
                    continue
                }
            }
            guard let bytes = waiting.first?.broughtBytes, claim(bytes, of: space, now, &batch),
                let input = waiting.popFirst()
            else { break }
            step(input, now, into: &batch)
        }
        var isBehind = !waiting.isEmpty || engine.mayStepKept
        if !batch.isFull, !isBehind { isBehind = fireTimers(now: now, space, into: &batch) }
        wakeAt = engine.nextWake
        return Turn(wakeAt: wakeAt, isBehind: isBehind || batch.isFull)
    }

    private mutating func step(
        _ input: consuming Input, _ now: Instant, into batch: inout FrameBatch
    ) {
        engine.step(input, now: now)
        pack(into: &batch)
    }

    /// Tells the engine how much room there is once so many bytes more are written, if that is less
    /// than it knows; what the end of a turn leaves is told at the beginning of the next one.
    ///
    /// - Returns: false if that can only be said once what is decided is written.
    private mutating func claim(
        _ bytes: Int, of space: JournalSpace, _ now: Instant, _ batch: inout FrameBatch
    ) -> Bool {
        let planned = batch.byteCount + bytes
        if !batch.isEmpty, space.needsVerdict(afterWriting: planned) { return false }
        let level = space.level(afterWriting: planned)
        if level > engine.space { step(.space(level), now, into: &batch) }
        return true
    }

    /// Fires timers; a few at a time where room may come to its end.
    ///
    /// - Returns: whether more are due.
    private mutating func fireTimers(
        now: Instant, _ space: JournalSpace, into batch: inout FrameBatch
    ) -> Bool {
        guard space.ahead != .ready else {
            let isBehind = engine.fireTimers(now: now)
            pack(into: &batch)
            return isBehind
        }
        for _ in 0..<64 where !batch.isFull {
            guard claim(0, of: space, now, &batch) else { return true }
            let isBehind = engine.fireTimers(now: now, atMost: 16)
            pack(into: &batch)
            if !isBehind { return false }
        }
        return true
    }

    /// Releases the effects of everything that is durable.
    package mutating func release(durable: JournalPosition) -> [Effect] {
        engine.advance(to: durable)
    }

    /// What the engine has counted, and what waits in it.
    package mutating func figures() -> EngineFigures { engine.figures() }

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
