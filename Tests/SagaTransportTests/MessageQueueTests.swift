import SagaRPC
import Testing

@testable import SagaTransport

private func received(_ bytes: [UInt8]) -> ReceivedMessage {
    ReceivedMessage(bytes: bytes, isCompressed: false)
}

@Suite struct MessageQueueTests {
    @Test func messagesComeOutInOrderAndThenTheEnd() {
        var queue = MessageQueue(capBytes: 1000)
        #expect(queue.arrived(received([1])) == .queued)
        #expect(queue.arrived(received([2])) == .queued)
        #expect(queue.take() == .message(received([1]), hasRoom: false))
        #expect(queue.completed() == .nobodyWaits)
        #expect(queue.take() == .message(received([2]), hasRoom: false))
        #expect(queue.take() == .end)
        #expect(queue.arrived(received([3])) == .dropped)
    }

    @Test func waitingReaderGetsTheNextMessageOrTheEnd() {
        var queue = MessageQueue(capBytes: 1000)
        #expect(queue.take() == .wait)
        queue.awaits()
        #expect(queue.arrived(received([1])) == .deliver(received([1])))
        #expect(queue.queuedBytes == 0)
        queue.awaits()
        #expect(queue.completed() == .tell)
        #expect(queue.take() == .end)
    }

    @Test func fullOverTheCapAndRoomAgainAtHalfOfIt() {
        var queue = MessageQueue(capBytes: 400)
        let message = received(.init(repeating: 0, count: 136))  // 200 with the overhead
        #expect(queue.arrived(message) == .queued)
        #expect(queue.arrived(message) == .queued)
        #expect(queue.arrived(message) == .queuedAndFull)
        #expect(queue.arrived(message) == .queued, "the window's rest still comes")
        #expect(queue.take() == .message(message, hasRoom: false))
        #expect(queue.take() == .message(message, hasRoom: false))
        #expect(queue.take() == .message(message, hasRoom: true))
        #expect(queue.take() == .message(message, hasRoom: false))
    }

    @Test func emptyMessagesFillItToo() {
        var queue = MessageQueue(capBytes: 1000)
        let arrivals = (0..<20).map { _ in queue.arrived(received([])) }
        #expect(arrivals.firstIndex(of: .queuedAndFull) == 1000 / MessageQueue.overheadBytes)
    }

    @Test func failureDropsWhatIsQueuedAndStays() {
        var queue = MessageQueue(capBytes: 1000)
        _ = queue.arrived(received([1]))
        let status = RPCStatus(.cancelled, "x")
        #expect(queue.failed(status) == .nobodyWaits)
        #expect(queue.failed(RPCStatus(.internal)) == .nobodyWaits)
        #expect(queue.queuedBytes == 0)
        #expect(queue.take() == .failed(status))
    }

    @Test func readerThatGaveUpIsNotTold() {
        var queue = MessageQueue(capBytes: 1000)
        queue.awaits()
        queue.giveUp()
        #expect(queue.arrived(received([1])) == .queued)
        queue = MessageQueue(capBytes: 1000)
        queue.awaits()
        #expect(queue.failed(RPCStatus(.cancelled)) == .tell)
    }
}
