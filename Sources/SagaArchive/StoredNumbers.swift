internal import FoundationEssentials
internal import SagaModel

/// Values of the model as SQLite stores them.
extension JournalPosition {
    /// By its bits; SQLite does not order by it.
    var stored: Int64 { Int64(bitPattern: rawValue) }

    init(stored: Int64) { self.init(UInt64(bitPattern: stored)) }

    /// The part of the index that a saga with this start stands in.
    var shelf: Int64 { Int64(rawValue >> 20) }
    /// The list of places within it.
    var block: Int64 { Int64(rawValue >> 12) }
    /// The place in the list.
    var place: UInt16 { UInt16(rawValue & 0xFFF) }
}

extension SagaID {
    /// Sixteen bytes, in the order of ids.
    var stored: Data {
        var bytes: [UInt8] = []
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes.data
    }

    init?(stored: Data) {
        guard stored.count == 16 else { return nil }
        let words = stored.reduce(into: (UInt64(0), UInt64(0))) { words, byte in
            words = (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(byte))
        }
        self.init(high: words.0, low: words.1)
    }
}

extension [UInt8] {
    /// The bytes as SQLite takes them.
    var data: Data { Data(self) }
}

extension SagaState {
    init?(stored: String) {
        guard let state = SagaState.allCases.first(where: { $0.label == stored }) else {
            return nil
        }
        self = state
    }
}
