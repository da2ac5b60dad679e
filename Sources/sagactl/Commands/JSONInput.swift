internal import SagaModel
internal import SagaSystem

/// The input of a saga as it is typed or piped.
enum JSONInput {
    /// The longest that is read: more than any coordinator takes, so that its own limit speaks.
    static let maximumBytes = 8 << 20

    /// Reads a file, or standard input for `-`, and makes sure that it is JSON: what is not would
    /// fail in the first handler, far from whoever could mend it.
    static func read(_ file: String) throws(Complaint) -> Payload {
        let name = file == "-" ? "standard input" : file
        let bytes: [UInt8]
        do {
            bytes = try WholeFile.read(file == "-" ? nil : file, limit: maximumBytes)
        } catch {
            throw .unreadable(name, error)
        }
        guard bytes.count <= maximumBytes else {
            throw Complaint("\(name) is larger than 8 MiB, far above any limit", exit: .dataError)
        }
        return try payload(bytes, name)
    }

    /// The payload of a text, if it is JSON.
    static func payload(_ bytes: [UInt8], _ name: String) throws(Complaint) -> Payload {
        do {
            _ = try JSONCanonical.canonicalize(bytes.span)
        } catch {
            let place = place(of: error.offset, in: bytes)
            throw Complaint(
                lines: ["\(name):\(place): error: not JSON: \(words(error.reason))"],
                exit: .dataError)
        }
        return Payload(contentType: Payload.json, bytes: bytes)
    }

    /// Line and column of a byte, both from 1, columns in characters as editors count them.
    private static func place(of offset: Int, in bytes: [UInt8]) -> String {
        let before = bytes.prefix(offset)
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        let begin = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let column = String(decoding: before[begin...], as: UTF8.self).unicodeScalars.count + 1
        return "\(line):\(column)"
    }

    private static func words(_ reason: JSONFault.Reason) -> String {
        switch reason {
        case .unexpectedEnd: "it ends too early"
        case .unexpectedByte: "this cannot stand here"
        case .invalidUTF8: "these bytes are not UTF-8"
        case .loneSurrogate: "half of a surrogate pair"
        case .duplicateMember: "the object has a member of this name already"
        case .nestedTooDeep: "nested too deep"
        }
    }
}
