import SagaJournal
import SagaSystem
import Testing

/// Whether segments may be freed while somebody copies them.
@Suite struct FreeingHoldTests {
    @Test("Nothing is freed until all have given it back")
    func counts() {
        let hold = FreeingHold()
        var freed = 0
        func free() -> Bool { hold.ifNotHeld { freed += 1 } != nil }
        #expect(!hold.isHeld && free() && freed == 1)
        hold.take()
        hold.take()
        #expect(hold.isHeld && !free())
        hold.release()
        #expect(hold.isHeld && !free() && freed == 1)
        hold.release()
        #expect(!hold.isHeld && free() && freed == 2)
    }

    @Test("Who takes it waits for what is being freed", .timeLimit(.minutes(1)))
    func waits() throws {
        let hold = FreeingHold()
        let order = Monitor<[String]>([])
        let other = Monitor<SystemThread?>(nil)
        try hold.ifNotHeld {
            let thread = try SystemThread(name: "copier") {
                order.withLock { $0.append("wants") }
                hold.take()
                order.withLock { $0.append("has") }
            }
            other.withLock { $0 = thread }
            order.wait { $0.contains("wants") ? () : nil }
            order.withLock { $0.append("freed") }
        }
        other.withLock { $0 }?.join()
        #expect(order.withLock { $0 } == ["wants", "freed", "has"])
        #expect(hold.isHeld)
    }
}
