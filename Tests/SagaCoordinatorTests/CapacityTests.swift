import SagaModel
import SagaProtobuf
import SagaTransport
import Testing

@testable import SagaCoordinator

/// What participants say of their capacities, over a socket.
@Suite struct CapacityTests {
    struct Row: Sendable, CustomStringConvertible {
        let slots: UInt32
        let undoSlots: UInt32
        /// The fields that are refused; none if the session is welcomed.
        let wrong: [String]

        var description: String { "\(slots) and \(undoSlots)" }
    }

    static let rows = [
        Row(slots: 1, undoSlots: 0, wrong: []),
        Row(slots: 10_000, undoSlots: 10_000, wrong: []),
        Row(slots: 0, undoSlots: 1, wrong: ["hello.slots"]),
        Row(slots: 10_001, undoSlots: 1, wrong: ["hello.slots"]),
        Row(slots: .max, undoSlots: 0, wrong: ["hello.slots"]),
        Row(slots: 4, undoSlots: 10_001, wrong: ["hello.undo_slots"]),
        Row(slots: .max - 1, undoSlots: .max, wrong: ["hello.slots", "hello.undo_slots"]),
    ]

    @Test("A Hello with capacities out of bounds is refused with its fields and the limit")
    func capacities() async throws {
        try await withCoordinator { wire in
            for row in Self.rows {
                let session = TestSession(wire.channel)
                session.say(
                    .hello(TestSession.hello("i", slots: row.slots, undoSlots: row.undoSlots)))
                guard !row.wrong.isEmpty else {
                    guard case .welcome = try await session.message() else {
                        Issue.record("\(row) is not welcomed")
                        continue
                    }
                    session.leave()
                    #expect(try await session.refusal() == nil)
                    continue
                }
                let refusal = try await session.refusal()
                #expect(refusal?.code == .invalidArgument, "\(row)")
                #expect(refusal?.violations.map(\.field) == row.wrong, "\(row)")
                #expect(
                    refusal?.violations.allSatisfy {
                        $0.description.contains("at least 1")
                            || $0.description.contains("at most 10000")
                    } == true, "\(row)")
            }
            #expect(try await wire.participants().instances.isEmpty)
        }
    }

    @Test("A later Hello is held to the same limits, and one that is refused changes nothing")
    func laterHello() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            let session = TestSession(wire.channel)
            session.say(.hello(TestSession.hello("i", slots: 4, undoSlots: 2)))
            guard case .welcome = try await session.message() else {
                Issue.record("the first Hello is not welcomed")
                return
            }
            session.say(.hello(TestSession.hello("i", slots: 7, undoSlots: 3)))
            var grown = TestSession.hello("i", slots: .max, undoSlots: .max)
            grown.handlers = []
            session.say(.hello(grown))
            // Nothing of a session that broke the contract is taken any more.
            session.say(.hello(TestSession.hello("i", slots: 9, undoSlots: 9)))
            let refusal = try await session.refusal()
            #expect(refusal?.violations.map(\.field) == ["hello.slots", "hello.undo_slots"])
            let left = try await wire.participants()
            #expect(left.instances.map(\.isAttached) == [false])
            #expect(left.instances.map(\.slots) == [7])
            #expect(left.instances.map(\.undoSlots) == [3])
            #expect(left.instances.map(\.handlers) == [["inventory.reserve"]])
            #expect(left.handlers.map(\.instances) == [0])
            let again = TestSession(wire.channel)
            again.say(.hello(TestSession.hello("i", slots: 5)))
            guard case .welcome = try await again.message() else {
                Issue.record("it may not come again")
                return
            }
            let there = try await wire.participants()
            #expect(there.instances.map(\.slots) == [5])
            #expect(there.handlers.map(\.freeSlots) == [5])
            again.leave()
            #expect(try await again.refusal() == nil)
        }
    }
}

extension Wire {
    func participants() async throws -> (handlers: [HandlerStatus], instances: [InstanceStatus]) {
        var request: [UInt8] = []
        var encoding = EncodingArena()
        AdminServiceCodec.encodeListParticipantsRequest(
            ParticipantsMessage(namespace: "default"), into: &request, arena: &encoding)
        let answer = try await channel.unary(
            "/saga.v1.AdminService/ListParticipants", request, deadline: .seconds(20))
        var arena = DecodingArena(limit: 1 << 20)
        let shown = try AdminServiceCodec.decodeListParticipantsResponse(
            answer.span, namespace: "default", arena: &arena)
        return (shown.handlers, shown.instances)
    }
}
