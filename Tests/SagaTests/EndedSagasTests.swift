import SagaModel
import Testing

@testable import Saga

/// What a session keeps of the sagas that can ask no more.
@Suite struct EndedSagasTests {
    static func answer(_ below: UInt64, stillLive: [UInt64] = []) -> CoordinatorMessage {
        .heartbeatAck(
            HeartbeatAck(
                endedBelow: JournalPosition(below),
                stillLive: stillLive.map { JournalPosition($0) }, waitingTasks: 0))
    }

    @Test func theHighestWordOfAJournalIsKept() throws {
        var harness = Harness.attached()
        let lineage = Harness.welcome().lineage
        #expect(
            harness.session.ended == EndedSagas(lineage: lineage, below: JournalPosition(1)))
        _ = harness.receive(Self.answer(9, stillLive: [4]))
        // Left out, it is nothing; and an answer that was overtaken says less.
        _ = harness.receive(Self.answer(0))
        _ = harness.receive(Self.answer(8))
        #expect(
            harness.session.ended
                == EndedSagas(
                    lineage: lineage, below: JournalPosition(9), stillLive: [JournalPosition(4)]))
    }

    @Test func anotherJournalBeginsAnew() throws {
        var harness = Harness.attached()
        _ = harness.receive(Self.answer(9))
        _ = harness.lose()
        _ = harness.pass(.seconds(5))
        _ = harness.opened()
        var welcome = Harness.welcome()
        welcome.lineage = SagaID(high: 77, low: 77)
        welcome.endedBelow = JournalPosition(3)
        _ = harness.receive(.welcome(welcome))
        #expect(
            harness.session.ended
                == EndedSagas(lineage: welcome.lineage, below: JournalPosition(3)))
    }
}
