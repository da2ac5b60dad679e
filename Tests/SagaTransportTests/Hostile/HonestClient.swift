import SagaRPC
import Synchronization
import Testing

@testable import SagaTransport

/// A client that makes one call after the other, and expects each to succeed within 5 s.
final class HonestClient: Sendable {
    struct Report {
        var microseconds: [Int64] = []
        /// The most bytes that were seen waiting in the server.
        var mostWaiting: UInt64 = 0

        var count: Int { microseconds.count }
        var medianMicroseconds: Int64 {
            microseconds.isEmpty ? 0 : microseconds.sorted()[microseconds.count / 2]
        }
        var longestMicroseconds: Int64 { microseconds.max() ?? 0 }
    }

    let client: TestClient
    private let isStopped = Atomic(false)

    init(_ client: TestClient) { self.client = client }

    func stop() { isStopped.store(true, ordering: .releasing) }

    func calls(_ count: Int) async throws -> Report {
        var report = Report()
        for _ in 0..<count { report.microseconds.append(try await call()) }
        return report
    }

    func callsUntilStopped(_ server: Server) async throws -> Report {
        var report = Report()
        repeat {
            report.microseconds.append(try await call())
            if report.count % 16 == 0 {
                let waiting = await server.loops[0].counters().bytesWaiting
                report.mostWaiting = max(report.mostWaiting, waiting)
            }
        } while !isStopped.load(ordering: .acquiring)
        return report
    }

    private func call() async throws -> Int64 {
        let message = [UInt8](repeating: 1, count: 100)
        let begin = ContinuousClock.now
        let outcome = try await client.call("/test/Echo", [message])
        let took = ContinuousClock.now - begin
        #expect(outcome.end.status == .ok && outcome.messages == [message])
        #expect(took < .seconds(5))
        return took.wholeNanoseconds / 1_000
    }
}
