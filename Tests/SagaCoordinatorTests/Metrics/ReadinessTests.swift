import SagaModel
import Testing

@testable import SagaCoordinator

/// When `/readyz` says that calls are served, and what it says beside that.
@Suite struct ReadinessTests {
    @Test(arguments: [
        (SpaceLevel.ample, true), (.low, true), (.spare, true), (.reserve, false), (.last, false),
    ])
    func roomForTheJournal(_ space: SpaceLevel, _ isReady: Bool) {
        let readiness = Readiness(
            isStopping: false, isServing: true, progress: nil, stalled: nil, space: space)
        #expect(readiness.isReady == isReady)
        let state = isReady ? "serving" : "full"
        #expect(readiness.text == "{\"state\":\"\(state)\",\"space\":\"\(space.label)\"}\n")
    }

    @Test func recovering() {
        func readiness(_ progress: RecoveryProgress?) -> Readiness {
            Readiness(
                isStopping: false, isServing: false, progress: progress, stalled: .seconds(9),
                space: .ample)
        }
        #expect(!readiness(nil).isReady)
        #expect(readiness(nil).text == "{\"state\":\"recovering\"}\n")
        let progress = RecoveryProgress(
            records: 1_234, doneBytes: 25, totalBytes: 100, elapsed: .milliseconds(1_600))
        #expect(!readiness(progress).isReady)
        #expect(
            readiness(progress).text
                == "{\"state\":\"recovering\",\"records\":1234,\"percent\":25,\"secondsLeft\":5}\n")
    }

    @Test func stalledAndStopping() {
        let stalled = Readiness(
            isStopping: false, isServing: true, progress: nil, stalled: .milliseconds(9_600),
            space: .ample)
        #expect(!stalled.isReady)
        #expect(stalled.text == "{\"state\":\"stalled\",\"syncSeconds\":10}\n")
        let stopping = Readiness(
            isStopping: true, isServing: true, progress: nil, stalled: nil, space: .ample)
        #expect(!stopping.isReady)
        #expect(stopping.text == "{\"state\":\"stopping\"}\n")
    }
}
