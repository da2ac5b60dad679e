import SagaModel
import Testing

/// Encoded records as they were first written.
enum Goldens {
    struct Golden: Sendable, CustomTestStringConvertible {
        let type: UInt16
        let record: Record
        let hex: String
        var testDescription: String { "record of type \(type)" }
    }

    static let records: [Golden] = []

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).filter { $0 != UInt8(ascii: " ") }
        return stride(from: 0, to: digits.count, by: 2).compactMap { place in
            UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16)
        }
    }
}
