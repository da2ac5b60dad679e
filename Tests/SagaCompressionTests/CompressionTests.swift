import Testing

@testable import SagaCompression

/// What goes in comes out, whatever its size; and what others made is read.
@Suite struct CompressionTests {
    static let sizes = [0, 1, 2, 17, 100, 511, 512, 513, 4096, 65_535, 65_536, 300_000, 1 << 20]

    @Test("round trips", arguments: CompressionFormat.allCases, sizes)
    func roundTrip(format: CompressionFormat, size: Int) throws {
        var compressor = try Compressor(format)
        var decompressor = try Decompressor(format)
        for message in [Bytes.zeros(size), Bytes.text(size), Bytes.noise(size)] {
            let small = compressor.compress(message.span)
            #expect(try decompressor.decompress(small.span, limit: size) == message)
        }
    }

    @Test("levels", arguments: 1...9)
    func level(level: Int) throws {
        let message = Bytes.text(50_000)
        var compressor = try Compressor(.gzip, level: level)
        var decompressor = try Decompressor(.gzip)
        let small = compressor.compress(message.span)
        #expect(small.count < message.count / 10)
        #expect(try decompressor.decompress(small.span, limit: message.count) == message)
    }

    /// A message must not depend on those before it, nor must one that failed be felt later.
    @Test func ownersAreUsedAgain() throws {
        var compressor = try Compressor(.gzip)
        var decompressor = try Decompressor(.gzip)
        let message = Bytes.text(10_000)
        let first = compressor.compress(message.span)
        for round in 0..<100 {
            let again = compressor.compress(message.span)
            #expect(again == first)
            switch round % 4 {
            case 0: _ = try? decompressor.decompress(first.span.extracting(0..<30), limit: 20_000)
            case 1: _ = try? decompressor.decompress(Bytes.noise(500).span, limit: 20_000)
            case 2: _ = try? decompressor.decompress(first.span, limit: 10)
            default: break
            }
            #expect(try decompressor.decompress(again.span, limit: 10_000) == message)
        }
    }

    /// Made with Python's gzip (a name and a time in the header), gzip 1.12, Python's zlib, and
    /// by hand with every optional part of a gzip header.
    @Test(
        "what others made",
        arguments: [
            (
                CompressionFormat.gzip,
                "1f8b080800f1536502ff6e6f74652e747874000bc94855282ccd4cce56482aca2fcf5348cbaf50c8"
                    + "2acd2d2856c82f4b2d5228014ae72456552aa4e4a7eb29840c41c500298219a2e1000000"
            ),
            (
                .gzip,
                "1f8b08082198016b0003666f782e747874000bc94855282ccd4cce56482aca2fcf5348cbaf50c82a"
                    + "cd2d2856c82f4b2d5228014ae72456552aa4e4a7eb29840c41c500298219a2e1000000"
            ),
            (
                .gzip,
                "1f8b081e0000000000030400616263646e616d6500636f6d6d656e7400e2480bc94855282ccd4cce"
                    + "56482aca2fcf5348cbaf50c82acd2d2856c82f4b2d5228014ae72456552aa4e4a7eb2984"
                    + "0c41c500298219a2e1000000"
            ),
            (
                .deflate,
                "78da0bc94855282ccd4cce56482aca2fcf5348cbaf50c82acd2d2856c82f4b2d5228014ae7245655"
                    + "2aa4e4a7eb29840c41c500d28c50c4"
            ),
        ])
    func others(format: CompressionFormat, hex: String) throws {
        let text = String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 5)
        var decompressor = try Decompressor(format)
        let input = Bytes.hex(hex)
        #expect(try decompressor.decompress(input.span, limit: 225) == Array(text.utf8))
    }

    @Test func membersGiveWhatTheyHoldInOrder() throws {
        var compressor = try Compressor(.gzip)
        let parts = [Bytes.text(1000), [], Bytes.noise(3000), Bytes.zeros(100_000), []]
        let input = parts.flatMap { compressor.compress($0.span) }
        var decompressor = try Decompressor(.gzip)
        let whole = parts.flatMap(\.self)
        #expect(try decompressor.decompress(input.span, limit: whole.count) == whole)
        #expect(throws: CompressionFailure.overLimit(whole.count - 1)) {
            try decompressor.decompress(input.span, limit: whole.count - 1)
        }
    }
}

/// Bytes of several kinds.
enum Bytes {
    static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    /// Words that repeat, as people and JSON do.
    static func text(_ count: Int) -> [UInt8] {
        let words = Array("{\"order\": 17, \"state\": \"charged\"}, ".utf8)
        return (0..<count).map { words[$0 % words.count] }
    }

    /// Bytes that no compressor makes smaller.
    static func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 40)
        }
    }

    static func hex(_ text: String) -> [UInt8] {
        let digits = text.compactMap { $0.hexDigitValue }
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}
