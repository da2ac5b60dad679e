import Foundation
import SagaModel
import Testing

@testable import SagaEngine

/// Many seeds of trouble; whatever happens, the engine's promises hold and every saga ends.
struct RandomTests {
    /// Checks run after every input in the rig; a failing seed is named.
    @Test func everySagaEndsAndReplayGivesTheLiveState() {
        var met: Set<String> = []
        for seed in UInt64(1)...Self.seeds {
            let world = Self.run(seed)
            if world.rig.freedLives > 0 { met.insert("freed") }
            for record in world.rig.records { met.insert(Self.kind(of: record.record)) }
            #expect(world.faults.isEmpty, "seed \(seed): \(world.faults.prefix(3))")
            if !world.faults.isEmpty { return }
        }
        #expect(Self.wanted.subtracting(met).isEmpty, "the seeds do not meet all there is")
    }

    /// What the seeds must have met, or they prove little.
    private static let wanted: Set<String> = [
        "action succeeded", "action failed", "action retry", "action refused", "action declined",
        "action unknown timedOut", "action unknown sessionLost", "action unknown forgotten",
        "action unknown coordinatorRestarted", "compensation succeeded", "compensation failed",
        "compensation retry", "compensation declined", "compensation unknown sessionLost",
        "compensation unknown forgotten", "compensation unknown coordinatorRestarted",
        "knowledge inDoubt", "knowledge awaited", "knowledge withdrawn", "answer done",
        "answer inDoubt", "wait ended", "parked", "COMPLETED", "COMPENSATED",
        "ABANDONED", "suspend", "resume", "retry", "skip", "mark-compensated", "compensate",
        "timed out", "deferred", "action not yet", "action hold", "action unknown scheduleToClose",
        "action unknown heartbeatMissed", "action unknown deferralOver", "engine restated",
        "definition restated", "keys restated", "saga restated", "freed",
    ]

    private static func kind(of record: Record) -> String {
        switch record {
        case .attemptEnded(let ended):
            if let undo = ended.undo, ended.wasAwaited { return "answer \(undo)" }
            let outcome =
                switch ended.outcome {
                case .unknown(let cause): "unknown \(cause)"
                case .succeeded: "succeeded"
                case .failed: "failed"
                case .retry: "retry"
                case .refused: "refused"
                case .declined: "declined"
                case .notYet: "not yet"
                case .deferred: "deferred"
                case .hold: "hold"
                }
            return "\(ended.direction) \(outcome)"
        case .wentBack(let back):
            if !back.withdrawn.isEmpty { return "knowledge withdrawn" }
            let inFlight = back.steps.first { $0.knowledge == .awaited }
            let inDoubt = back.steps.first { $0.knowledge == .inDoubt }
            return "knowledge \((inFlight ?? inDoubt)?.knowledge ?? .done)"
        case .waitEnded: return "wait ended"
        case .sagaParked: return "parked"
        case .sagaEnded(let ended): return ended.state.label
        case .verbGiven(let given): return given.verb.label
        case .sagaTimedOut: return "timed out"
        case .taskDeferred: return "deferred"
        case .sagaBegan: return "begins"
        case .attentionChanged(let changed):
            return changed.raised.first.map { "attention \($0.reason.label)" } ?? "all well"
        case .lifeBegan, .definitionRegistered, .keyTaken, .sagaStarted, .cancelAsked,
            .sessionAttached, .sessionEnded, .stepsMoved, .sagaSuspended, .sagaResumed,
            .sagaUnparked, .stepSettled, .limitsSet:
            return "other"
        case .engineRestated, .definitionRestated, .keysRestated, .sagaRestated:
            return "\(RestatingTests.kind(of: record))"
        }
    }

    /// The same seed gives the same records: nothing depends on the order of a hash table.
    @Test(arguments: [UInt64(3), 17, 99])
    func aSeedGivesTheSameRecords(_ seed: UInt64) {
        let (first, second) = (Self.run(seed), Self.run(seed))
        #expect(first.rig.records == second.rig.records)
        #expect(first.rig.records.count > 50)
    }

    /// Sagas, queues and sessions know each other; all the same nothing outlives the engine.
    @Test(arguments: [UInt64(3), 17, 99]) func anEngineThatEndsGivesEverythingBack(_ seed: UInt64) {
        var world: RandomWorld? = RandomWorld(seed: seed)
        for _ in 0..<150 { world?.act() }
        let left = world.map(Left.init)
        world = nil
        #expect(left?.weigh() == [0, 0, 0])
        #expect(left?.counts.allSatisfy { $0 > 0 } == true, "nothing was there")
    }

    /// What an engine holds, without keeping it.
    private struct Left {
        private struct Reference<Value: AnyObject> { weak var value: Value? }

        private let sagas: [Reference<SagaInstance>]
        private let queues: [Reference<HandlerQueue>]
        private let sessions: [Reference<SessionInstance>]

        init(_ world: RandomWorld) {
            sagas = world.rig.engine.sagas.all.map { Reference(value: $0) }
            queues = world.rig.engine.queuesInOrder.map { Reference(value: $0) }
            sessions = world.rig.engine.sessions.all.map { Reference(value: $0) }
        }

        var counts: [Int] { [sagas.count, queues.count, sessions.count] }

        /// How many of each are still there.
        func weigh() -> [Int] {
            [
                sagas.count { $0.value != nil }, queues.count { $0.value != nil },
                sessions.count { $0.value != nil },
            ]
        }
    }

    /// How many seeds are run: as many as meet all that is wanted, which takes a debug build some
    /// forty seconds; more with `SAGA_RANDOM_SEEDS=N`, best in a release build.
    private static let seeds =
        ProcessInfo.processInfo.environment["SAGA_RANDOM_SEEDS"].flatMap(UInt64.init) ?? 120

    static func run(_ seed: UInt64) -> RandomWorld {
        let world = RandomWorld(seed: seed)
        for _ in 0..<150 where world.faults.isEmpty { world.act() }
        if world.faults.isEmpty { world.heal() }
        return world
    }
}

extension AttemptEnded {
    /// Whether a saga that goes back waited for it: then the undo is opened in the same record, if
    /// at once.
    fileprivate var wasAwaited: Bool {
        direction == .action && (undo == .done || next != .over(.failed) || !opened.isEmpty)
    }
}
