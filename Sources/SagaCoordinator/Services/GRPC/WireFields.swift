/// The fields of one protobuf message that our own build serialized, one after the other.
struct WireFields {
    /// One field; what it holds depends on its type on the wire.
    struct Field {
        let number: Int
        /// Of a varint.
        let value: UInt64
        /// Of what has a length.
        let bytes: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> Field? {
        guard place < bytes.count else { return nil }
        let tag = varint()
        let number = Int(tag >> 3)
        switch tag & 7 {
        case 0: return Field(number: number, value: varint(), bytes: [])
        case 1: return fixed(number, 8)
        case 2: return fixed(number, Int(varint()))
        case 5: return fixed(number, 4)
        default: preconditionFailure("an embedded descriptor has a field of wire type \(tag & 7)")
        }
    }

    private mutating func fixed(_ number: Int, _ count: Int) -> Field {
        defer { place += count }
        return Field(number: number, value: 0, bytes: Array(bytes[place..<(place + count)]))
    }

    private mutating func varint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }
}
