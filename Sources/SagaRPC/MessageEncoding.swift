internal import SagaHTTP2

/// How the bytes of messages are encoded: those of gRPC's content codings that are spoken here.
package enum MessageEncoding: Equatable, Sendable, CaseIterable {
    case identity
    case gzip

    /// The name in `grpc-encoding`.
    package var name: String {
        switch self {
        case .identity: "identity"
        case .gzip: "gzip"
        }
    }

    /// All names, as `grpc-accept-encoding` lists them.
    static let acceptedNames = allCases.map(\.name).joined(separator: ",")

    /// Reads a name of `grpc-encoding`; nil for one that is not spoken here.
    init?(_ name: Span<UInt8>) {
        if name.equals("gzip") {
            self = .gzip
        } else if name.equals("identity") {
            self = .identity
        } else {
            return nil
        }
    }

    /// Whether a `grpc-accept-encoding` lists gzip.
    static func listsGzip(_ list: Span<UInt8>) -> Bool {
        var rest = CommaSeparated()
        while let range = rest.next(in: list) {
            if list.extracting(range).equals("gzip") { return true }
        }
        return false
    }
}

/// The parts of a header's value that commas separate, without the blanks around them.
struct CommaSeparated {
    private var place = 0
    private var isOver = false

    /// The next part; an empty list has one part, which is empty.
    mutating func next(in list: Span<UInt8>) -> Range<Int>? {
        guard !isOver else { return nil }
        var start = place
        var end = start
        while end < list.count, list[end] != UInt8(ascii: ",") { end += 1 }
        isOver = end == list.count
        place = end + 1
        while start < end, Self.isBlank(list[start]) { start += 1 }
        while start < end, Self.isBlank(list[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
