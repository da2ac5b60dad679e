internal import NIOCore

/// One event loop of a server, as other threads see it.
package final class ServerLoop: Sendable {
    /// What lives on the loop.
    struct Content {
        let writer: CallWriter
        let service: any ServiceHandler
    }

    let eventLoop: any EventLoop
    let content: NIOLoopBound<Content>

    init(eventLoop: any EventLoop, content: NIOLoopBound<Content>) {
        self.eventLoop = eventLoop
        self.content = content
    }

    /// Runs a block on the loop, with the writer of its calls and what serves them, and flushes
    /// behind it.
    package func execute(
        _ body: @escaping @Sendable (CallWriter, any ServiceHandler) -> Void
    ) {
        eventLoop.execute {
            let writer = self.content.value.writer
            body(writer, self.content.value.service)
            writer.flush()
        }
    }

    /// What happened on the loop so far.
    package func counters() async -> ServerCounters {
        // A loop that is shut down runs nothing any more, and its server is gone.
        (try? await snapshot().get()) ?? ServerCounters()
    }

    func snapshot() -> EventLoopFuture<ServerCounters> {
        eventLoop.submit { self.content.value.writer.snapshot }
    }
}
