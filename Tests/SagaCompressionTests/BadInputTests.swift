import Testing

@testable import SagaCompression

/// What is broken, cut short, or larger than it looks.
@Suite struct BadInputTests {
    private static func failure(
        _ format: CompressionFormat, _ input: [UInt8], limit: Int = 1 << 20
    ) throws -> CompressionFailure? {
        var decompressor = try Decompressor(format)
        do throws(CompressionFailure) {
            _ = try decompressor.decompress(input.span, limit: limit)
            return nil
        } catch {
            return error
        }
    }

    private static func compressed(
        _ format: CompressionFormat, _ message: [UInt8]
    ) throws -> [UInt8] {
        var compressor = try Compressor(format)
        return compressor.compress(message.span)
    }

    @Test("cut at every length", arguments: CompressionFormat.allCases)
    func truncated(format: CompressionFormat) throws {
        for message in [[], Bytes.text(3000), Bytes.noise(700)] {
            let whole = try Self.compressed(format, message)
            for count in whole.indices {
                #expect(try Self.failure(format, Array(whole[..<count])) == .truncated)
            }
            #expect(try Self.failure(format, whole) == nil)
        }
    }

    /// A cut message is told from one over the limit, also where both are near.
    @Test func truncatedAtTheLimit() throws {
        let message = Bytes.text(3000)
        let whole = try Self.compressed(.gzip, message)
        let cut = Array(whole.dropLast())
        #expect(try Self.failure(.gzip, cut, limit: 3000) == .truncated)
        #expect(try Self.failure(.gzip, cut, limit: 2999) == .overLimit(2999))
    }

    @Test("each byte changed", arguments: CompressionFormat.allCases)
    func corrupted(format: CompressionFormat) throws {
        let message = Bytes.text(2000)
        let whole = try Self.compressed(format, message)
        var decompressor = try Decompressor(format)
        var harmless: [Int] = []
        for place in whole.indices {
            for change: UInt8 in [1, 0x10, 0x80, 0xff] {
                var broken = whole
                broken[place] ^= change
                if let output = try? decompressor.decompress(broken.span, limit: 1 << 20) {
                    #expect(output == message)
                    harmless.append(place)
                }
            }
        }
        // Time, flags and system of a gzip header say nothing of the content, and a code may have
        // bits that nothing is read from.
        #expect(Set(harmless).count <= 10)
    }

    @Test(
        "not of the format",
        arguments: [
            (CompressionFormat.gzip, "0000"), (.gzip, "504b0304"), (.gzip, "1f8b0908"),
            (.gzip, "78da030000000001"), (.deflate, "1f8b0800"), (.deflate, "789d"),
            // A stream that wants a dictionary of somebody else's.
            (.deflate, "78bb452e07140bc11452c82acd2d2856c82f4b2d5228014ae7"),
        ])
    func foreign(format: CompressionFormat, hex: String) throws {
        #expect(try Self.failure(format, Bytes.hex(hex)) == .corrupted)
    }

    @Test("bytes behind the end", arguments: CompressionFormat.allCases)
    func trailing(format: CompressionFormat) throws {
        let whole = try Self.compressed(format, Bytes.text(100))
        for rest in [[0], [0x1f], [0x1f, 0x8c, 8], Bytes.noise(1000), Bytes.zeros(5)] {
            #expect(try Self.failure(format, whole + rest) == .trailingBytes(rest.count))
        }
    }

    @Test func aFurtherMemberIsJudgedLikeTheFirst() throws {
        let whole = try Self.compressed(.gzip, Bytes.text(100))
        #expect(try Self.failure(.gzip, whole + whole.dropLast()) == .truncated)
        #expect(try Self.failure(.gzip, whole + [0x1f, 0x8b, 9, 8]) == .corrupted)
        let two = try Self.compressed(.deflate, Bytes.text(100))
        #expect(try Self.failure(.deflate, two + two) == .trailingBytes(two.count))
    }

    @Test("limit exact", arguments: [0, 1, 511, 512, 513, 4096, 100_000])
    func limit(size: Int) throws {
        for message in [Bytes.zeros(size), Bytes.noise(size)] {
            let small = try Self.compressed(.gzip, message)
            #expect(try Self.failure(.gzip, small, limit: size) == nil)
            guard size > 0 else { continue }
            #expect(try Self.failure(.gzip, small, limit: size - 1) == .overLimit(size - 1))
        }
    }

    /// 512 MiB in half a MiB.
    @Test("bombs", arguments: [0, 1000, 1 << 20, 5_000_000])
    func bomb(limit: Int) throws {
        let member = try Self.compressed(.gzip, Bytes.zeros(64 << 20))
        let input = (0..<8).flatMap { _ in member }
        #expect(input.count < 540_000)
        var decompressor = try Decompressor(.gzip)
        var output: [UInt8] = []
        #expect(throws: CompressionFailure.overLimit(limit)) {
            try decompressor.decompress(input.span, limit: limit, into: &output)
        }
        #expect(output.count == limit + 1)
        // An array takes what malloc gives it beyond what it asked for.
        #expect(output.capacity <= limit + limit / 4 + 4096)
    }
}
