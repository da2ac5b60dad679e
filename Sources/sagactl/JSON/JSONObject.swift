internal import SagaModel
internal import SagaRPC

/// An object of protobuf's JSON form: fields in the order of the message, those with their default
/// value left out.
struct JSONObject: Equatable, Sendable {
    private var members: [String] = []

    init() {}

    var isEmpty: Bool { members.isEmpty }

    /// The object on one line.
    var text: String { "{\(members.joined(separator: ","))}" }

    mutating func set(_ name: String, _ value: String) {
        if !value.isEmpty { add(name, Self.quoted(value)) }
    }

    /// A number of at most 32 bits; larger ones are texts in protobuf's JSON.
    mutating func set(_ name: String, _ value: UInt32) {
        if value != 0 { add(name, "\(value)") }
    }

    mutating func set(_ name: String, _ value: UInt64) {
        if value != 0 { add(name, "\"\(value)\"") }
    }

    mutating func set(_ name: String, _ value: Bool) {
        if value { add(name, "true") }
    }

    /// A member of a oneof, which is there also with its default value.
    mutating func setAlways(_ name: String, _ value: Bool) {
        add(name, value ? "true" : "false")
    }

    /// Bytes in base64 with padding.
    mutating func set(_ name: String, _ value: [UInt8]) {
        guard !value.isEmpty else { return }
        let text = String(decoding: Base64.encode(value), as: UTF8.self)
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        add(name, "\"\(text)\(padding)\"")
    }

    /// A timestamp, with three or six digits of a second where there are any.
    mutating func set(_ name: String, _ value: Instant?) {
        if let value { add(name, "\"\(Self.timestamp(value))\"") }
    }

    /// A duration in seconds: `"0.011s"`.
    mutating func set(_ name: String, _ value: Duration?) {
        if let value { add(name, "\"\(Self.seconds(value))\"") }
    }

    /// A message; nil is left out, one without fields is not.
    mutating func set(_ name: String, _ value: JSONObject?) {
        if let value { add(name, value.text) }
    }

    mutating func set(_ name: String, _ values: [JSONObject]) {
        guard !values.isEmpty else { return }
        add(name, "[\(values.map(\.text).joined(separator: ","))]")
    }

    mutating func set(_ name: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        add(name, "[\(values.map(Self.quoted).joined(separator: ","))]")
    }

    /// A map, by name, so that the same value gives the same text.
    mutating func set(_ name: String, _ values: [String: String]) {
        guard !values.isEmpty else { return }
        let entries = values.sorted { $0.key < $1.key }
            .map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
        add(name, "{\(entries.joined(separator: ","))}")
    }

    /// A member whose text is JSON already.
    mutating func setText(_ name: String, _ json: String) { add(name, json) }

    private mutating func add(_ name: String, _ text: String) {
        members.append("\"\(name)\":\(text)")
    }

    /// A string with what RFC 8259 wants escaped, and DEL and C1 controls, which would reach the
    /// terminal.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\0"..<" ", "\u{7F}"..."\u{9F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    static func timestamp(_ instant: Instant) -> String {
        let milliseconds = instant.iso8601.dropLast()
        let rest = (instant.microseconds % 1_000 + 1_000) % 1_000
        if rest != 0 { return "\(milliseconds)\(padded(rest, to: 3))Z" }
        return milliseconds.hasSuffix(".000") ? "\(milliseconds.dropLast(4))Z" : "\(milliseconds)Z"
    }

    static func seconds(_ duration: Duration) -> String {
        let microseconds = duration.microseconds
        let sign = microseconds < 0 ? "-" : ""
        let (seconds, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        if rest == 0 { return "\(sign)\(seconds)s" }
        let fraction = padded(Int64(rest), to: 6)
        return
            "\(sign)\(seconds).\(fraction.hasSuffix("000") ? fraction.dropLast(3) : fraction[...])s"
    }

    private static func padded(_ number: Int64, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}
