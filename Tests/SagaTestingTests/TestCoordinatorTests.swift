import Saga
import SagaTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct TestCoordinatorTests {
    @Test func aSagaCompletes() async throws {
        let shop = Shop()
        try await withTestCoordinator(Shop.saga(), handlers: shop.handlers) { coordinator in
            let result = try await coordinator.client.execute(
                Orders.place, input: .sample, key: "1")
            guard case .completed(let shipment) = result else {
                Issue.record("\(result)")
                return
            }
            #expect(shipment == Shipment(trackingNumber: "1Z"))
            #expect(coordinator.elapsed < .milliseconds(1), "nothing was waited for")
        }
        #expect(shop.balanced)
    }

    @Test func lostRepliesAndANoAsTheDocumentationHasThem() async throws {
        let shop = Shop()
        try await withTestCoordinator(Shop.saga(), handlers: shop.handlers) { coordinator in
            let lost = coordinator.inject(.loseReply, into: "payments.charge", attempts: 1...3)
            coordinator.inject(.throw(SagaFailure("no-carrier")), into: Shipping.book)
            let result = try await coordinator.client.execute(
                Orders.place, input: .sample, key: "1")
            guard case .compensated(let report) = result else {
                Issue.record("\(result)")
                return
            }
            #expect(report.failure.code == "no-carrier")
            #expect(report.compensated == ["charge", "reserve"])
            #expect(lost.hits == 3)
            #expect(coordinator.elapsed > .seconds(30), "three timeouts of 10 s")
            #expect(coordinator.elapsed < .seconds(40))
        }
        #expect(shop.balanced)
    }

    /// A day in which nothing is due but heartbeats goes by without anybody waiting for it.
    @Test func aDayGoesByAtOnce() async throws {
        let saga = try SagaDefinition(Orders.place, version: 1) {
            Step("ship", Shipping.book).delay(.seconds(86_400))
        }
        let began = ContinuousClock.now
        try await withTestCoordinator(saga, handlers: Shop().handlers) { coordinator in
            let result = try await coordinator.client.execute(Orders.place, input: .sample)
            guard case .completed = result else {
                Issue.record("\(result)")
                return
            }
            #expect(coordinator.elapsed >= .seconds(86_400))
            #expect(coordinator.elapsed < .seconds(86_401))
        }
        // Not how fast it is, but that nobody waits in real time.
        #expect(ContinuousClock.now - began < .seconds(60))
    }

    @Test func timeStandsStillWhileAHandlerIsAtWork() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let slow = Handler(Shipping.book) { _, _ in
            // Off the world's thread, so that only the count of handlers at work holds it.
            Task.detached { open.yield() }
            for await _ in gate { break }
            return Shipment(trackingNumber: "slow")
        }
        let saga = try SagaDefinition(Orders.place, version: 1) {
            Step("ship", Shipping.book).compensation(.none).timeouts(startToClose: .seconds(1))
        }
        try await withTestCoordinator(saga, handlers: [slow]) { coordinator in
            let result = try await coordinator.client.execute(Orders.place, input: .sample)
            guard case .completed = result else {
                Issue.record("\(result)")
                return
            }
            #expect(coordinator.elapsed < .seconds(1))
        }
    }

    @Test func timeStandsStillWhileTheTestIsAtWork() async throws {
        let saga = try SagaDefinition(Orders.place, version: 1) {
            Step("ship", Shipping.book).delay(.seconds(60))
        }
        try await withTestCoordinator(saga, handlers: Shop().handlers) { coordinator in
            let handle = try await coordinator.client.start(Orders.place, input: .sample)
            for _ in 0..<100 { await Task.yield() }
            #expect(try await handle.state() == .running)
            #expect(coordinator.elapsed < .seconds(1))
            try await coordinator.advance(by: .seconds(59))
            #expect(try await handle.state() == .running)
            try await coordinator.advance(by: .seconds(2))
            #expect(try await handle.state() == .completed)
        }
    }

    @Test func aHandlerThatSleepsOnTheClockLetsTimeGoOn() async throws {
        let clock = Mutex<TestClock?>(nil)
        let sleeper = Handler(Shipping.book) { _, context in
            try await clock.withLock(\.self)?.sleep(for: .seconds(7))
            return Shipment(trackingNumber: "\(context.attempt)")
        }
        let saga = try SagaDefinition(Orders.place, version: 1) {
            Step("ship", Shipping.book).compensation(.none)
        }
        try await withTestCoordinator(saga, handlers: [sleeper]) { coordinator in
            clock.withLock { $0 = coordinator.clock }
            _ = try await coordinator.client.execute(Orders.place, input: .sample)
            #expect(coordinator.elapsed >= .seconds(7))
            #expect(coordinator.elapsed < .seconds(8))
        }
    }

    @Test(arguments: [Fault.crash, .crashBefore, .delay(.seconds(60)), .throw(SagaRetry("again"))])
    func aFaultOfTheFirstAttemptIsGotOver(_ fault: Fault) async throws {
        let shop = Shop()
        try await withTestCoordinator(Shop.saga(), handlers: shop.handlers) { coordinator in
            let injection = coordinator.inject(fault, into: Payments.charge, attempts: 1...1)
            let result = try await coordinator.client.execute(Orders.place, input: .sample)
            guard case .completed = result else {
                Issue.record("\(result)")
                return
            }
            #expect(injection.hits == 1)
            #expect(coordinator.elapsed > .zero)
            try await coordinator.advance(by: .seconds(120))
        }
        #expect(shop.balanced)
    }

    @Test func aFaultCanBeTakenAway() async throws {
        try await withTestCoordinator(Shop.saga(), handlers: Shop().handlers) { coordinator in
            let injection = coordinator.inject(
                .throw(SagaRetry("closed")), into: Payments.charge)
            let handle = try await coordinator.client.start(Orders.place, input: .sample)
            try await coordinator.advance(by: .seconds(1))
            #expect(injection.hits > 1)
            injection.remove()
            guard case .completed = try await handle.result() else {
                Issue.record("not completed")
                return
            }
        }
    }

    @Test func theCoordinatorCanCrash() async throws {
        let shop = Shop()
        let saga = try SagaDefinition(Orders.place, version: 1) {
            Step("reserve", Inventory.reserve)
            Step("charge", Payments.charge).delay(.seconds(100))
            Step("ship", Shipping.book)
        }
        try await withTestCoordinator(saga, handlers: shop.handlers) { coordinator in
            let handle = try await coordinator.client.start(Orders.place, input: .sample)
            try await coordinator.advance(by: .seconds(50))
            await coordinator.restart()
            guard case .completed = try await handle.result() else {
                Issue.record("not completed")
                return
            }
            #expect(coordinator.elapsed >= .seconds(100))
        }
        #expect(shop.balanced)
    }

    @Test func eventsAreRead() async throws {
        try await withTestCoordinator(Shop.saga(), handlers: Shop().handlers) { coordinator in
            let handle = try await coordinator.client.start(Orders.place, input: .sample)
            var kinds: [EventKind] = []
            for try await event in handle.events(kinds: [.stepSucceeded, .sagaCompleted]) {
                kinds.append(event.kind)
            }
            #expect(kinds == [.stepSucceeded, .stepSucceeded, .stepSucceeded, .sagaCompleted])
        }
    }

    @Test func aDeferredAnswerIsGiven() async throws {
        let token = Mutex<TaskToken?>(nil)
        let later = Handler(Shipping.book) { _, context in
            token.withLock { $0 = context.taskToken }
            throw SagaDeferred(within: .seconds(3_600))
        }
        let saga = try SagaDefinition(Orders.place, version: 1) {
            Step("ship", Shipping.book).compensation(.none)
        }
        try await withTestCoordinator(saga, handlers: [later]) { coordinator in
            let handle = try await coordinator.client.start(Orders.place, input: .sample)
            try await coordinator.advance(by: .seconds(1_800))
            let given = token.withLock { $0 }
            let token = try #require(given)
            try await coordinator.client.complete(
                token, returning: Shipment(trackingNumber: "late"))
            guard case .completed(let shipment) = try await handle.result() else {
                Issue.record("not completed")
                return
            }
            #expect(shipment.trackingNumber == "late")
        }
    }

    /// A test that waits for what never comes fails, and says what it waits for.
    @Test func aWaitWithoutAnEndIsToldOf() async throws {
        let saga = try SagaDefinition(Orders.place, version: 1) { Step("ship", "shipping.other") }
        try await withTestCoordinator(
            handlers: Shop().handlers, timeLimit: .seconds(3_600)
        ) { coordinator in
            try await coordinator.client.register(saga)
            let error = await #expect(throws: SagaError.self) {
                _ = try await coordinator.client.execute(Orders.place, input: .sample)
            }
            #expect(error?.reason == "TEST_TIME_OVER")
            #expect(error?.message.contains("is RUNNING") == true, "\(error?.message ?? "")")
        }
    }

    @Test func mistakesAreToldAtOnce() async throws {
        let saga = try SagaDefinition(Orders.place, version: 1) { Step("ship", "shipping.bok") }
        let missing = await #expect(throws: SagaError.self) {
            try await withTestCoordinator(saga, handlers: Shop().handlers) { _ in }
        }
        #expect(
            missing?.message
                == "order, step ship: no handler is called shipping.bok; did you mean shipping.book?"
        )
        let handler = Handler(Shipping.book) { _, _ in Shipment(trackingNumber: "") }
        let bare = await #expect(throws: SagaError.self) {
            try await withTestCoordinator(
                SagaDefinition(Orders.place, version: 1) { Step("ship", Shipping.book) },
                handlers: [handler]
            ) { _ in }
        }
        #expect(
            bare?.message
                == "order, step ship: shipping.book has no compensation; write "
                + ".compensation(.none) if there is nothing to undo")
        let twice = await #expect(throws: SagaError.self) {
            try await withTestCoordinator(handlers: [handler, handler]) { _ in }
        }
        #expect(twice?.message == "handler shipping.book is there twice")
    }

    @Test func aTestThatIsCancelledEnds() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let endless = Handler(Shipping.book) { _, context in
            begin.yield()
            for await _ in AsyncStream<Void>.makeStream().stream {}
            throw SagaRetry("cancelled")
        }
        let saga = try SagaDefinition(Orders.place, version: 1) {
            Step("ship", Shipping.book).compensation(.none)
        }
        let test = Task {
            try await withTestCoordinator(saga, handlers: [endless]) { coordinator in
                _ = try await coordinator.client.execute(Orders.place, input: .sample)
            }
        }
        for await _ in begun { break }
        test.cancel()
        let error = await #expect(throws: SagaError.self) { try await test.value }
        #expect(error?.code == .cancelled)
    }

    @Test func whatOutlivesTheTestIsRefused() async throws {
        let coordinator = try await withTestCoordinator(handlers: []) { $0 }
        let error = await #expect(throws: SagaError.self) {
            _ = try await coordinator.client.start(Orders.place, input: .sample)
        }
        #expect(error?.reason == "TEST_OVER")
    }

    @Test(.sagaCoordinator(try! Shop.saga(), handlers: Shop().handlers))
    func theTraitGivesACoordinator() async throws {
        let result = try await TestCoordinator.current.client.execute(
            Orders.place, input: .sample)
        guard case .completed = result else {
            Issue.record("\(result)")
            return
        }
    }
}
