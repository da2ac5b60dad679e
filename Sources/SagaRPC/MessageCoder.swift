internal import SagaCompression
internal import SagaHTTP2

/// Compresses and decompresses messages, for any number of connections that share a thread.
///
/// What zlib needs, some 300 KiB, is made with the first message that needs it and serves all
/// later ones; so a server gives all connections of an event loop the same coder, and a client
/// who opens many connections costs nothing here.
package final class MessageCoder {
    private var compressor: Compressor?
    private var decompressor: Decompressor?

    /// A gzip member of nothing has 20 bytes: nothing as short as that becomes smaller.
    private static let leastBytes = 21

    /// Makes a coder.
    package init() {}

    /// The message compressed; nil when it does not become smaller by that, and then goes out as
    /// it is, which `compression.md` of gRPC leaves to the sender.
    func compressed(_ message: Span<UInt8>) -> [UInt8]? {
        guard message.count >= Self.leastBytes else { return nil }
        if compressor == nil { compressor = try? Compressor(.gzip) }
        guard let small = compressor?.compress(message), small.count < message.count
        else { return nil }
        return small
    }

    /// The message that was compressed.
    ///
    /// - Parameter limit: how many bytes it may have.
    /// - Throws: the status that its call ends with.
    func decompressed(_ message: [UInt8], limit: Int) throws(RPCStatus) -> [UInt8] {
        do throws(CompressionFailure) {
            if decompressor == nil { decompressor = try Decompressor(.gzip) }
            return try decompressor?.decompress(message.span, limit: limit) ?? []
        } catch {
            switch error {
            case .truncated:
                throw RPCStatus(.internal, "compressed message ends before its end")
            case .corrupted, .trailingBytes:
                throw RPCStatus(.internal, "compressed message is not gzip, or is damaged")
            case .overLimit(let limit):
                throw RPCStatus(
                    .resourceExhausted,
                    "decompressed message is over the limit of \(limit) bytes")
            case .outOfMemory:
                throw RPCStatus(.resourceExhausted, "no memory to decompress a message")
            }
        }
    }
}
