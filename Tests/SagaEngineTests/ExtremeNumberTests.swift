import SagaModel
import Testing

@testable import SagaEngine

/// Numbers at the edges of their types, as a peer may say them: the engine answers and lives.
struct ExtremeNumberTests {
    /// The capacities of all who serve a handler are added up; what they say of themselves is
    /// theirs to say.
    @Test func capacitiesAreAddedUpWithoutOverflow() throws {
        let script = Script()
        _ = try script.run("define order one:h.one")
        for instance in 1...3 {
            _ = try script.run(
                "hello s\(instance) shop/i-\(instance) h.one slots=4294967295 undo=4294967295")
        }
        script.rig.step(.participants(CallID(77), namespace: "default"))
        let shown = script.rig.release().compactMap { effect -> [HandlerStatus]? in
            guard case .reply(CallID(77), .participants(let handlers, _)) = effect else {
                return nil
            }
            return handlers
        }
        let handler = try #require(shown.first?.first)
        #expect(handler.instances == 3)
        #expect(handler.slots == .max)
        #expect(handler.freeSlots == .max)
    }
}
