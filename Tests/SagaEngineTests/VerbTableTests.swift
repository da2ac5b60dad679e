import SagaModel
import Testing

@testable import SagaEngine

/// The table verb x state, walked through by sagas that stand so.
struct VerbTableTests {
    /// What each verb comes to, in the order PENDING, RUNNING, COMPENSATING, FAILED forward, FAILED
    /// in undo, ended: the state after it, or the reason of the refusal.
    private static let wanted: [Verb: [String]] = [
        .cancel: ["COMPENSATED", "COMPENSATING", "COMPENSATING", "PARKED", "PARKED", "SAGA_ENDED"],
        .compensate: [
            "COMPENSATED", "COMPENSATING", "COMPENSATING", "COMPENSATING", "PARKED", "SAGA_ENDED",
        ],
        .retry: [
            "WRONG_STATE", "WRONG_STATE", "WRONG_STATE", "RUNNING", "COMPENSATING", "SAGA_ENDED",
        ],
        .skip: [
            "WRONG_STATE", "COMPLETED", "WRONG_STATE", "COMPLETED", "WRONG_STATE", "SAGA_ENDED",
        ],
        .markCompensated: [
            "WRONG_STATE", "WRONG_STATE", "COMPENSATED", "WRONG_STATE", "COMPENSATED", "SAGA_ENDED",
        ],
        .suspend: [
            "PENDING", "RUNNING", "COMPENSATING", "WRONG_STATE", "WRONG_STATE", "SAGA_ENDED",
        ],
        .resume: [
            "WRONG_STATE", "WRONG_STATE", "WRONG_STATE", "WRONG_STATE", "WRONG_STATE", "SAGA_ENDED",
        ],
        .abandon: [
            "ABANDONED", "ABANDONED", "ABANDONED", "ABANDONED", "ABANDONED", "SAGA_ENDED",
        ],
    ]

    /// Commands that bring saga `a` where the phase says, with one step current or in the way.
    private static func commands(_ phase: VerbPhase) -> (commands: [String], step: String) {
        let hello = "hello s1 all/i-1 h.one h.pay!"
        let plain = ["define order one:h.one two:h.one", hello, "start a order"]
        let first = "result s1 a.one succeeded {}"
        return switch phase {
        case .pending: (["define order one:h.one", "start a order at=9s"], "one")
        case .running: (plain + [first], "two")
        case .compensating: (plain + [first, "result s1 a.two failed no"], "one")
        case .failedForward:
            (
                [
                    "define order one:h.one two:h.pay,pivot,max=1", hello, "start a order", first,
                    "result s1 a.two retry busy",
                ], "two"
            )
        case .failedInUndo:
            (plain + [first, "result s1 a.two failed no", "result s1 a.one/undo failed no"], "one")
        case .ended: (plain + [first, "result s1 a.two succeeded {}"], "two")
        }
    }

    @Test(arguments: Verb.allCases, VerbPhase.allCases)
    func cell(_ verb: Verb, _ phase: VerbPhase) throws {
        let script = Script()
        let (commands, step) = Self.commands(phase)
        for command in commands { _ = try script.run(command) }
        let records = script.rig.records.count
        let needsStep = verb == .skip || verb == .markCompensated
        let lines = try script.run("\(verb.label) a\(needsStep ? " step=\(step)" : "") because")
        let place = try #require(VerbPhase.allCases.firstIndex(of: phase))
        let wanted = try #require(Self.wanted[verb]?[place])
        let answer = try #require(lines.first { $0.hasPrefix("> c") })
        #expect(answer.contains(wanted), "\(verb) while \(phase): \(answer)")
        if answer.contains("refused") {
            #expect(script.rig.records.count == records, "a refusal records nothing")
        } else {
            #expect(lines.contains { $0.contains("because") }, "the reason is recorded")
        }
        #expect(script.rig.faults.isEmpty)
    }

    /// What lifts a suspension, and what is then done at once.
    @Test func resumeLiftsOnlyASuspension() throws {
        let script = Script()
        for command in Self.commands(.running).commands { _ = try script.run(command) }
        _ = try script.run("suspend a looking")
        let lines = try script.run("resume a")
        #expect(lines.contains { $0.contains("done, RUNNING") })
        #expect(try script.run("resume a").contains { $0.contains("WRONG_STATE") })
    }
}
