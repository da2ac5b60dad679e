/// The blocks of a PEM file (RFC 7468), as far as it takes to say what is wrong with it.
struct PEMText: Equatable {
    struct Block: Equatable {
        /// What stands behind `-----BEGIN `.
        let kind: String
        /// From the first line to the last, with both.
        let bytes: [UInt8]
        /// The body says that it is encrypted (RFC 1421).
        let isEncrypted: Bool
    }

    let blocks: [Block]

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let encryption = Array("Proc-Type: 4,ENCRYPTED".utf8)

    init(_ bytes: [UInt8]) throws(TLSFileFault.Problem) {
        guard !bytes.isEmpty else { throw .empty }
        var blocks: [Block] = []
        var begun: (kind: String, first: Int, isEncrypted: Bool)?
        for line in Self.lines(bytes) {
            let text = bytes[line]
            if text.starts(with: Self.begin) {
                guard begun == nil else { throw .cutOff(place: blocks.count + 1) }
                begun = (Self.kind(text.dropFirst(Self.begin.count)), line.lowerBound, false)
            } else if text.starts(with: Self.end), let block = begun {
                blocks.append(
                    Block(
                        kind: block.kind,
                        bytes: Array(bytes[block.first..<line.upperBound]) + [10],
                        isEncrypted: block.isEncrypted))
                begun = nil
            } else if text.starts(with: Self.encryption) {
                begun?.isEncrypted = true
            }
        }
        guard begun == nil else { throw .cutOff(place: blocks.count + 1) }
        guard !blocks.isEmpty else {
            // DER and PKCS #12 begin with the tag of a sequence.
            throw .notPEM(looksBinary: bytes[0] == 0x30 || bytes.contains(0))
        }
        self.blocks = blocks
    }

    private static func lines(_ bytes: [UInt8]) -> [Range<Int>] {
        bytes.indices.split { bytes[$0] == 10 || bytes[$0] == 13 }.map {
            $0.startIndex..<$0.endIndex
        }
    }

    private static func kind(_ rest: ArraySlice<UInt8>) -> String {
        var name = rest
        while let last = name.last, last == 0x20 || last == 0x2d { name.removeLast() }
        return String(decoding: name, as: UTF8.self)
    }
}
