internal import NIOCore
internal import Synchronization

/// All event loops of a server, for what one of them wants to know of the others.
final class ServerLoops: Sendable {
    private let loops = Mutex<[ServerLoop]>([])

    /// The loops hold what holds this; so they are taken away when the server ends.
    func set(_ loops: [ServerLoop]) { self.loops.withLock { $0 = loops } }

    /// What happened on all loops so far, on one of them.
    func counters(on eventLoop: any EventLoop) -> EventLoopFuture<ServerCounters> {
        let parts = loops.withLock { $0 }.map { $0.snapshot() }
        return EventLoopFuture.reduce(into: ServerCounters(), parts, on: eventLoop) { $0.add($1) }
    }
}
