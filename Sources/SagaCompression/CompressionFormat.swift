/// How compressed bytes are wrapped.
package enum CompressionFormat: Equatable, Sendable, CaseIterable {
    /// One or more members of RFC 1952.
    case gzip
    /// The zlib format of RFC 1950, which HTTP and gRPC call `deflate`.
    case deflate

    /// What zlib calls window bits: 15 for the largest window, 16 more for gzip.
    var windowBits: Int32 {
        switch self {
        case .gzip: 31
        case .deflate: 15
        }
    }
}
