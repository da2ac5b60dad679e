package import SagaModel

/// Freeing the journal's old end: what lives is stated anew, the oldest statement first, so that
/// nothing needs the records before.
extension Engine {
    /// No record before this one is needed by a replay.
    ///
    /// Of what a saga was that is set aside, only its records tell: they are needed, and all behind
    /// them, but not what was there before.
    package var oldestNeeded: JournalPosition {
        var oldest = min(lastPosition.next, statements.engine)
        if let aside = quarantined.keys.min() {
            oldest = min(oldest, JournalPosition(aside.rawValue.minus(reach)))
        }
        if !instances.isEmpty { oldest = min(oldest, statements.sessions) }
        for registered in definitions.all { oldest = min(oldest, registered.statedAt) }
        for bucket in 0..<KeyTable.bucketCount where !keys.isEmpty(bucket) {
            oldest = min(oldest, statements.keys[bucket])
        }
        guard let saga = nextToRestate else { return oldest }
        return min(oldest, JournalPosition(saga.statedAt.rawValue.minus(reach)))
    }

    /// Whether the oldest records of the journal were freed before it was replayed.
    package var isFreed: Bool { statements.isFreed }

    /// How far before a saga's statement a replay must begin to understand it: the record itself
    /// comes behind at most two others of its group, which say the epoch and the definition.
    private var reach: UInt64 { limits.statementReach + 4 }

    /// Up to which statements all are stated anew for the records up to one to be freed.
    package func statements(toFree position: JournalPosition) -> JournalPosition {
        JournalPosition(position.rawValue + 1 + reach)
    }

    /// About how many bytes everything that lives takes when it is stated anew.
    package var liveBytes: Int {
        let (bytes, sagas) = statements.measured
        let average = sagas < 16 ? 1_024 : bytes / sagas
        return order.count * average + keys.count * 72 + definitions.all.count * 2_048
            + instances.count * 64
    }

    /// How many records have stated something anew in this life.
    package var restatedRecords: UInt64 { counts.restated }

    /// The root saga with the oldest statement; nil if none is kept.
    var nextToRestate: SagaInstance? {
        let native = order.firstRoot(notBefore: statements.firstNative)
        guard let again = statements.restated.lazy.compactMap(order.find).first else {
            return native
        }
        guard let native else { return again }
        return native.statedAt < again.statedAt ? native : again
    }

    /// States anew what was stated before a record, the oldest first, each in a group of its own.
    ///
    /// - Parameter byteBudget: about how many bytes of it; the last one may go beyond.
    mutating func restate(before target: JournalPosition, byteBudget: Int) {
        guard life != nil, space.takesRecords else { return }
        var left = byteBudget
        // A key whose time is over is not stated: that it was this late is on record first, or a
        // clock that is set back later would make a replay say otherwise.
        let statesKeys = statements.keys.contains { $0 < target }
        if statements.engine < target || (statesKeys && newestStamp < now) {
            stateEngine()
            endGroup()
            left -= 64
        }
        if statements.sessions < target, !instances.isEmpty { left -= restateSessions() }
        for registered in definitions.all where registered.statedAt < target && left > 0 {
            state(registered)
            endGroup()
            left -= registered.definition.restatedBytes
        }
        for bucket in 0..<KeyTable.bucketCount where statements.keys[bucket] < target && left > 0 {
            left -= restateKeys(bucket)
        }
        while left > 0, let saga = nextToRestate, saga.statedAt < target {
            let family = family(of: saga)
            let bytes = family.reduce(0) { $0 + $1.restatedBytes }
            // What is larger than any group stays where it is, and all behind it, until it ends;
            // so does what is set aside.
            guard bytes <= limits.restatedBytes, !family.contains(where: \.isQuarantined) else {
                return
            }
            restateFamily(of: saga)
            endGroup()
            left -= bytes
        }
    }

    /// A life begins: what was stated when is known of sagas and definitions, and of the others no
    /// more than that they were, since the oldest record.
    mutating func beginStatements() {
        if statements.oldest == .none { statements.oldest = lastPosition.next }
        let oldest = statements.oldest
        statements.engine = max(statements.engine, oldest)
        statements.sessions = oldest
        statements.keys = Array(repeating: oldest, count: KeyTable.bucketCount)
        statements.line(up: order.kept.filter { $0.facts.parent == nil })
    }

    private mutating func restateSessions() -> Int {
        let position = lastPosition.next
        for participant in instances.keys.sorted() {
            guard let generation = instances[participant]?.generation else { continue }
            emit(
                .sessionAttached(
                    SessionAttached(
                        participant: participant, generation: generation, at: stamp)))
            counts.restated += 1
        }
        endGroup()
        statements.sessions = position
        return instances.count * 64
    }

    /// How many keys one record states at most.
    private static let keysPerRecord = 1_000

    private mutating func restateKeys(_ bucket: Int) -> Int {
        let position = lastPosition.next
        let taken = keys.taken(in: bucket, at: now)
        var rest = taken[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.keysPerRecord)
            rest = rest.dropFirst(piece.count)
            let restated = piece.map { item in
                RestatedKey(
                    taken: KeyTaken(
                        key: item.key, request: item.entry.request, saga: item.entry.saga),
                    start: item.entry.until == nil
                        ? sagas[item.entry.saga]?.facts.start ?? .none : .none,
                    until: item.entry.until, mayBeReplaced: item.entry.mayBeReplaced)
            }
            emit(.keysRestated(KeysRestated(keys: restated)))
            counts.restated += 1
        }
        if !taken.isEmpty { endGroup() }
        statements.keys[bucket] = position
        return taken.count * 72
    }

    /// A root saga and all children below it that are kept, parents first.
    private func family(of root: SagaInstance) -> [SagaInstance] {
        var family = [root]
        guard root.facts.definition.hasChildren else { return family }
        var next = 0
        while next < family.count {
            family += family[next].children.compactMap { sagas[$0] }
            next += 1
        }
        return family
    }

    private mutating func restateFamily(of root: SagaInstance) {
        statements.dropGone(order)
        for saga in family(of: root) {
            statements.measured.bytes += saga.restatedBytes
            let end = saga === root && root.state.isEnded ? endRecord(of: root) : .none
            emit(.sagaRestated(saga.restated(endedBy: end)), saga: saga)
            counts.restated += 1
        }
        statements.measured.sagas += 1
        statements.restate(root, order)
    }

    private func endRecord(of root: SagaInstance) -> JournalPosition {
        guard let item = ended.first(where: { $0.saga === root }) else {
            preconditionFailure("saga \(root.facts.start) has ended and is not among those")
        }
        return item.end
    }

    private mutating func stateEngine() {
        emit(
            .engineRestated(
                EngineRestated(
                    epoch: lastEpoch, newestStamp: stamp, dropped: counts.dropped,
                    newestDropped: newestDropped)))
        counts.restated += 1
    }

    private mutating func state(_ registered: DefinitionTable.Registered) {
        let definition = registered.definition
        emit(
            .definitionRestated(
                DefinitionRestated(
                    position: definition.position,
                    definition: DefinitionRegistered(
                        namespace: definition.namespace, written: definition.written,
                        filled: definition.filled, digest: definition.digest,
                        principal: definition.principal, at: definition.registeredAt))))
        counts.restated += 1
    }

    /// A record is about to name a definition: it and the epoch are on record not far before.
    mutating func stateWhatIsNamed(_ definition: JournalPosition) {
        if isFar(statements.epoch) { stateEngine() }
        if let registered = definitions.find(definition), isFar(registered.statedAt) {
            state(registered)
        }
    }

    private func isFar(_ statement: JournalPosition) -> Bool {
        lastPosition.rawValue.minus(limits.statementReach) > statement.rawValue
    }
}

extension UInt64 {
    /// The difference, or 0 where there is none.
    fileprivate func minus(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}

extension ResolvedDefinition {
    /// About how many bytes it takes when it is stated anew.
    fileprivate var restatedBytes: Int { 512 * (1 + steps.count) }
}
