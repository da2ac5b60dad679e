import SagaProtobuf
import Testing

@testable import SagaCoordinator

@Suite(.timeLimit(.minutes(1))) struct HealthTests {
    @Test func nothingServesAtFirstAndNamesCount() {
        let statuses = HealthStatuses(services: ["a.A"])
        #expect(statuses.status("") == .notServing)
        #expect(statuses.status("a.A") == .notServing)
        #expect(statuses.status("b.B") == nil)
        statuses.setAll(.serving)
        #expect(statuses.status("") == .serving)
        #expect(statuses.status("a.A") == .serving)
        #expect(statuses.status("b.B") == nil)
    }

    @Test func watchersAreToldNowAndOfEachChange() async {
        let statuses = HealthStatuses(services: ["a.A"])
        var changes = statuses.watch("a.A").makeAsyncIterator()
        #expect(await changes.next() == .notServing)
        statuses.setAll(.serving)
        #expect(await changes.next() == .serving)
        statuses.setAll(.notServing)
        #expect(await changes.next() == .notServing)
        statuses.setAll(.notServing)
        statuses.end()
        #expect(await changes.next() == nil, "no change is no news")
    }

    @Test func unknownServicesAreWatchedToo() async {
        let statuses = HealthStatuses(services: [])
        var changes = statuses.watch("b.B").makeAsyncIterator()
        #expect(await changes.next() == .serviceUnknown)
        statuses.end()
        #expect(await changes.next() == nil)
    }

    @Test func whoeverComesAfterTheEndHearsTheStatusAndTheEnd() async {
        let statuses = HealthStatuses(services: [])
        statuses.end()
        var changes = statuses.watch("").makeAsyncIterator()
        #expect(await changes.next() == .notServing)
        #expect(await changes.next() == nil)
        #expect(statuses.watcherCount == 0)
    }

    @Test func cancelledWatchersAreForgotten() async {
        let statuses = HealthStatuses(services: [])
        let changes = statuses.watch("")
        #expect(statuses.watcherCount == 1)
        let reader = Task {
            for await _ in changes {}
        }
        reader.cancel()
        await reader.value
        #expect(statuses.watcherCount == 0)
    }
}
