/// Why bytes could not be decompressed, or a compressor not be made.
package enum CompressionFailure: Error, Equatable, Sendable {
    /// The input ends within the stream.
    case truncated
    /// The input is not of the format, or a checksum differs.
    case corrupted
    /// The stream is over, and this many bytes stand behind it.
    case trailingBytes(Int)
    /// The output would be larger than the limit given.
    case overLimit(Int)
    case outOfMemory
}
