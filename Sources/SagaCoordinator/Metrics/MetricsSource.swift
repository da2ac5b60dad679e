internal import NIOCore
internal import SagaModel
internal import SagaSystem
internal import SagaTransport

/// Collects what a scrape shows, and renders it beside the event loops that serve connections.
struct MetricsSource: Sendable {
    let services: ServiceContext
    let server: Server
    let looks: EngineLooks
    /// The paths of the server's methods, by their numbers.
    let methods: [String]
    /// When the process started.
    let startedAt: Instant

    /// All metrics, as text; the listener's own event loop is what rendering keeps busy.
    func page(on eventLoop: any EventLoop) -> EventLoopFuture<String> {
        let answer =
            services.isServing
            ? looks.ask(on: eventLoop) : eventLoop.makeSucceededFuture(nil)
        return answer.and(server.counters(on: eventLoop)).map { answer, counters in
            MetricsPage(
                version: services.version, answer: answer, rejections: services.rejectionsByReason,
                counters: counters, methods: methods,
                recovery: services.servingLife?.recovery.took
                    ?? services.recovery.progress?.elapsed,
                archive: services.archive?.status, process: .now, processStarted: startedAt
            ).text
        }
    }
}
