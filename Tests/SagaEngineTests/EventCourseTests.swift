import SagaModel
import Testing

@testable import SagaEngine

/// What sagas in trouble tell makes sense to somebody who sees nothing but the events.
struct EventCourseTests {
    /// A half of a step of a saga.
    private struct Task: Hashable {
        var saga: JournalPosition
        var step: StepIndex
        var direction: Direction
    }

    /// Follows events, and notes what does not fit what was told before.
    private struct Follower {
        var current: Set<Task> = []
        var known: Set<JournalPosition> = []
        var faults: [String] = []
        var met: Set<EventKind> = []

        mutating func follow(_ event: RecordedEvent, of saga: JournalPosition) {
            met.insert(event.kind)
            let isNew = known.insert(saga).inserted
            if isNew != (event.kind == .sagaStarted) { faults.append("\(saga): \(event.kind)") }
            guard let step = event.step, let direction = event.direction else { return }
            let task = Task(saga: saga, step: step, direction: direction)
            switch event.kind {
            case .stepStarted, .compensationStarted:
                if !current.insert(task).inserted { faults.append("\(task) begins twice") }
            case .stepSucceeded, .attemptEnded, .taskDeferred:
                if !current.contains(task) { faults.append("\(task): \(event.kind) too early") }
                if event.kind == .stepSucceeded { current.remove(task) }
            case .stepFailed, .stepSkipped, .compensationSucceeded, .compensationFailed:
                current.remove(task)
            case .sagaStarted, .sagaRunning, .sagaCompensating, .sagaCompleted,
                .sagaCompensated, .sagaFailed, .sagaAbandoned, .sagaTimedOut, .sagaSuspended,
                .sagaResumed, .verbGiven, .attentionRaised, .attentionCleared:
                break
            }
        }
    }

    @Test func aStepBeginsBeforeItEndsAndNeverTwice() {
        var met: Set<EventKind> = []
        for seed in UInt64(1)...60 {
            var follower = Follower()
            for emitted in RandomTests.run(seed).rig.records {
                for event in emitted.record.events { follower.follow(event, of: emitted.saga) }
            }
            #expect(follower.faults.isEmpty, "seed \(seed): \(follower.faults.prefix(3))")
            met.formUnion(follower.met)
        }
        // What the seeds must have met, or they prove little; no start is scheduled in these
        // worlds, and hardly a parked saga goes on forward.
        #expect(Set(EventKind.allCases).subtracting(met).isSubset(of: [.sagaRunning]))
    }
}
