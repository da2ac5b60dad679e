internal import NIOCore

/// Lets a listener that could take no connection wait a while, as when the process may open no
/// further file: else it would try again at once, for ever. Who wants to connect waits in the
/// system's queue.
///
/// SwiftNIO's `AcceptBackoffHandler` puts off reads that are asked for; but after an error the last
/// one still stands, so that the listener goes on without.
final class AcceptFaults: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// How long a listener waits.
    static let pause = TimeAmount.milliseconds(100)

    private let tell: (IOError) -> Void
    private var resuming: Scheduled<Void>?

    /// `tell` is told each time.
    init(_ tell: @escaping (IOError) -> Void) { self.tell = tell }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else {
            context.fireErrorCaught(error)
            return
        }
        tell(error)
        let channel = context.channel
        Self.setAccepting(false, channel)
        resuming?.cancel()
        resuming = context.eventLoop.scheduleTask(in: Self.pause) {
            Self.setAccepting(true, channel)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        resuming?.cancel()
        context.fireChannelInactive()
    }

    /// The option exists on every channel of SwiftNIO; a closed one has no use for it.
    private static func setAccepting(_ isOn: Bool, _ channel: any Channel) {
        try? channel.syncOptions?.setOption(.autoRead, value: isOn)
    }
}
