extension RecordCodec {
    /// Whether a record that starts a saga may name another saga: the one that it runs for, or the
    /// one that it replaces.
    ///
    /// For who reads all records and has to know no more of most starts: a look at the numbers of
    /// the fields costs a small part of reading them.
    ///
    /// - Parameter payload: the bytes of a record of `startType`.
    /// - Returns: true also where the bytes are no message.
    package static func startMayNameOthers(_ payload: Span<UInt8>) -> Bool {
        var index = 0
        while index < payload.count {
            guard let tag = number(payload, &index) else { return true }
            let field = tag >> 3
            if field == parentField || field == replacesField { return true }
            switch tag & 7 {
            case 0: guard number(payload, &index) != nil else { return true }
            case 1: index += 8
            case 2:
                guard let length = number(payload, &index),
                    length <= UInt64(payload.count - index)
                else { return true }
                index += Int(length)
            case 5: index += 4
            case _: return true
            }
        }
        return index > payload.count
    }

    /// `SagaStarted.parent` and `SagaStarted.replaces`.
    private static let parentField: UInt64 = 16
    private static let replacesField: UInt64 = 18

    /// A variable-length number; nil if it is cut or too long.
    private static func number(_ bytes: Span<UInt8>, _ index: inout Int) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard index < bytes.count else { return nil }
            let byte = bytes[index]
            index += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
