internal import Crypto
internal import SagaModel
internal import SagaProtobuf

extension Digest256 {
    /// The digest that the coordinator would give a definition: SHA-256 over its packed form with
    /// only what was written.
    init(of definition: SagaDefinition) {
        var words: [UInt64] = [0, 0, 0, 0]
        let packed = DefinitionCodec.packedForDigest(definition)
        for (place, byte) in SHA256.hash(data: packed).enumerated() {
            words[place / 8] = words[place / 8] << 8 | UInt64(byte)
        }
        self.init(words[0], words[1], words[2], words[3])
    }
}
