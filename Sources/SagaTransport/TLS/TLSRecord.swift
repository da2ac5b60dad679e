internal import NIOCore

/// The first bytes of TLS, where none are expected.
enum TLSRecord {
    /// Whether bytes begin a record of the handshake or of an alert (RFC 8446, 5.1). No frame of
    /// HTTP/2 that begins a connection looks so: it would be 1,376,000 bytes long or more.
    static func begins(_ buffer: ByteBuffer) -> Bool {
        guard let type = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self),
            type == 21 || type == 22,
            let major = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt8.self)
        else { return false }
        return major == 3
    }
}

/// Looks at the first bytes of a connection without TLS, and says so if the other side speaks it.
final class TLSRecordDetector: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let detected: (ChannelHandlerContext) -> Void

    /// `detected` is told once; bytes that follow go nowhere, and the connection is closed.
    init(_ detected: @escaping (ChannelHandlerContext) -> Void) { self.detected = detected }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard TLSRecord.begins(unwrapInboundIn(data)) else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            return
        }
        detected(context)
        context.close(promise: nil)
    }
}
