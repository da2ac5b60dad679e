import SagaCompression

/// The decompressor against bytes of any kind.
enum DecompressorBody {
    /// The first byte says the format and the limit, the rest is what is decompressed.
    static func run(_ input: [UInt8]) throws {
        let choice = input.first ?? 0
        let format: CompressionFormat = choice & 1 == 0 ? .gzip : .deflate
        let limit = 1 << Int(choice >> 4)
        let bytes = Array(input.dropFirst())
        var decompressor = try Decompressor(format)
        let first = outcome(&decompressor, bytes, limit)
        let second = outcome(&decompressor, bytes, limit)
        try require(first == second, "\(first) first, then \(second)")
        guard case .success(let output) = first else { return }
        try require(output.count <= limit, "\(output.count) bytes, \(limit) may be")
        var compressor = try Compressor(format)
        let again = outcome(&decompressor, compressor.compress(output.span), limit)
        try require(again == first, "compressed and decompressed: \(again)")
        // One byte less is not enough for what came out.
        guard !output.isEmpty else { return }
        let less = outcome(&decompressor, bytes, output.count - 1)
        try require(less == .failure(.overLimit(output.count - 1)), "one byte less: \(less)")
    }

    private static func outcome(
        _ decompressor: inout Decompressor, _ bytes: [UInt8], _ limit: Int
    ) -> Result<[UInt8], CompressionFailure> {
        do throws(CompressionFailure) {
            return .success(try decompressor.decompress(bytes.span, limit: limit))
        } catch {
            return .failure(error)
        }
    }
}
