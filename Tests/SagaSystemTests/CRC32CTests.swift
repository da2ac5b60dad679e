import SagaSystem
import Testing

@Suite struct CRC32CTests {
    /// RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
    static let vectors: [([UInt8], UInt32)] = [
        ([], 0),
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        ([UInt8](0..<32), 0x46DD_794E),
        ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
        (Array("123456789".utf8), 0xE306_9283),
    ]

    @Test(arguments: vectors)
    func knownVectors(_ bytes: [UInt8], _ expected: UInt32) {
        #expect(CRC32C.checksum(bytes.span) == expected)
        #expect(CRC32C.portableChecksum(bytes.span) == expected)
    }

    @Test func instructionAndTablesAgreeAtEveryLengthAndStart() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
        for start in 0..<9 {
            for end in start..<bytes.count {
                let part = bytes.span.extracting(start..<end)
                #expect(
                    CRC32C.checksum(part, after: 77) == CRC32C.portableChecksum(part, after: 77))
            }
        }
    }

    @Test func goesOnFromWhatStandsBefore() {
        let bytes = [UInt8](0..<200)
        let whole = CRC32C.checksum(bytes.span)
        for cut in 0...bytes.count {
            let head = CRC32C.checksum(bytes.span.extracting(0..<cut))
            #expect(CRC32C.checksum(bytes.span.extracting(cut..<200), after: head) == whole)
        }
    }
}

@Suite struct BytesTests {
    @Test func zerosAreFoundFromBothEnds() {
        for count in [0, 1, 31, 32, 33, 100, 4096] {
            var bytes = [UInt8](repeating: 0, count: count)
            #expect(bytes.span.firstNonzeroIndex == count)
            #expect(bytes.span.nonzeroEnd == 0)
            for index in 0..<count where index < 40 || index > count - 40 {
                bytes[index] = 1
                #expect(bytes.span.firstNonzeroIndex == index)
                #expect(bytes.span.nonzeroEnd == index + 1)
                bytes[index] = 0
            }
        }
    }

    @Test func integersStandLowByteFirst() {
        var bytes = [UInt8](repeating: 0, count: 11)
        var span = bytes.mutableSpan
        span.storeLittleEndian(UInt64(0x0102_0304_0506_0708), at: 3)
        #expect(bytes == [0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1])
        #expect(bytes.span.littleEndian(UInt64.self, at: 3) == 0x0102_0304_0506_0708)
        #expect(bytes.span.littleEndian(UInt16.self, at: 9) == 0x0102)
    }

    @Test func randomBytesDiffer() {
        #expect(SystemRandom.bytes(count: 32) != SystemRandom.bytes(count: 32))
        #expect(SystemRandom.word() != SystemRandom.word())
        #expect(SystemRandom.bytes(count: 0).isEmpty)
    }
}
