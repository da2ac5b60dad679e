internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Protobuf's JSON form of any unpacked message, by its descriptor.
///
/// Fields in the order of their numbers, in lowerCamelCase, those with their default value left
/// out; 64-bit numbers as strings, enumerations by name, bytes in base64, durations as `1.5s`.
enum MessageText {
    /// The text of a message.
    static func json(_ message: UnsafeRawPointer) -> String {
        // SAFETY: every generated message begins with a pointer to its descriptor, whose fields
        // say where what lies in it.
        let descriptor = unsafe message.assumingMemoryBound(to: ProtobufCMessage.self)
            .pointee.descriptor.pointee
        let name = unsafe text(descriptor.name)
        if name == "google.protobuf.Duration" { return unsafe duration(message) }
        var members: [String] = []
        for index in 0..<Int(unsafe descriptor.n_fields) {
            let field = unsafe descriptor.fields[index]
            if let value = unsafe value(of: field, in: message) {
                members.append("\"\(camelCase(unsafe text(field.name)))\":\(value)")
            }
        }
        return "{\(members.joined(separator: ","))}"
    }

    /// What stands in a field; nil for its default value, unless it says something there.
    private static func value(
        of field: ProtobufCFieldDescriptor, in message: UnsafeRawPointer
    ) -> String? {
        // SAFETY: as `json`; a oneof's case lies where a list's count does.
        let place = unsafe message + Int(field.offset)
        if unsafe field.label == PROTOBUF_C_LABEL_REPEATED {
            let count = unsafe (message + Int(field.quantifier_offset)).load(as: Int.self)
            guard count > 0, let list = unsafe place.load(as: UnsafeRawPointer?.self) else {
                return nil
            }
            return unsafe self.list(of: field, list, count)
        }
        if unsafe field.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0 {
            let chosen = unsafe (message + Int(field.quantifier_offset)).load(as: UInt32.self)
            return unsafe chosen == field.id ? single(field, place) : nil
        }
        let value = unsafe single(field, place)
        let defaults: Set = ["0", "\"0\"", "\"\"", "false", "null"]
        let isEnumeration = unsafe field.type == PROTOBUF_C_TYPE_ENUM
        if isEnumeration, unsafe place.load(as: UInt32.self) == 0 { return nil }
        return defaults.contains(value) ? nil : value
    }

    private static func list(
        of field: ProtobufCFieldDescriptor, _ list: UnsafeRawPointer, _ count: Int
    ) -> String {
        // SAFETY: as `json`; the elements of a list stand one behind the other.
        let size = unsafe elementBytes(field)
        let isMap = unsafe isMapEntry(field)
        var parts: [String] = []
        for index in 0..<count {
            let element = unsafe list + index * size
            if isMap, let entry = unsafe element.load(as: UnsafeRawPointer?.self) {
                parts.append(unsafe mapEntry(entry))
            } else {
                parts.append(unsafe single(field, element))
            }
        }
        let all = parts.joined(separator: ",")
        return isMap ? "{\(all)}" : "[\(all)]"
    }

    private static func elementBytes(_ field: ProtobufCFieldDescriptor) -> Int {
        // SAFETY: only the kind of the field is looked at.
        switch unsafe field.type {
        case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SFIXED32,
            PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_FLOAT,
            PROTOBUF_C_TYPE_ENUM, PROTOBUF_C_TYPE_BOOL:
            4
        case PROTOBUF_C_TYPE_BYTES: unsafe MemoryLayout<ProtobufCBinaryData>.stride
        // The kinds are C's: all others are pointers or 64-bit numbers.
        case _: 8
        }
    }

    /// protobuf-c makes messages of two fields, key and value, of the entries of a map.
    private static func isMapEntry(_ field: ProtobufCFieldDescriptor) -> Bool {
        // SAFETY: as `json`.
        guard unsafe field.type == PROTOBUF_C_TYPE_MESSAGE, let raw = unsafe field.descriptor else {
            return false
        }
        let descriptor = unsafe raw.assumingMemoryBound(to: ProtobufCMessageDescriptor.self).pointee
        guard unsafe descriptor.n_fields == 2, let fields = unsafe descriptor.fields else {
            return false
        }
        return unsafe text(descriptor.name).hasSuffix("Entry")
            && text(fields[0].name) == "key" && text(fields[1].name) == "value"
    }

    private static func mapEntry(_ entry: UnsafeRawPointer) -> String {
        // SAFETY: as `json`; `isMapEntry` has looked at its two fields.
        let descriptor = unsafe entry.assumingMemoryBound(to: ProtobufCMessage.self)
            .pointee.descriptor.pointee
        let (key, value) = unsafe (descriptor.fields[0], descriptor.fields[1])
        let keyText = unsafe single(key, entry + Int(key.offset))
        let valueText = unsafe single(value, entry + Int(value.offset))
        return "\(keyText.hasPrefix("\"") ? keyText : "\"\(keyText)\""):\(valueText)"
    }

    private static func single(
        _ field: ProtobufCFieldDescriptor, _ place: UnsafeRawPointer
    ) -> String {
        // SAFETY: the kind of the field says what lies there.
        switch unsafe field.type {
        case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SFIXED32:
            return "\(unsafe place.load(as: Int32.self))"
        case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_FIXED32:
            return "\(unsafe place.load(as: UInt32.self))"
        case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64:
            return "\"\(unsafe place.load(as: Int64.self))\""
        case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64:
            return "\"\(unsafe place.load(as: UInt64.self))\""
        case PROTOBUF_C_TYPE_FLOAT: return "\(unsafe place.load(as: Float.self))"
        case PROTOBUF_C_TYPE_DOUBLE: return "\(unsafe place.load(as: Double.self))"
        case PROTOBUF_C_TYPE_BOOL: return unsafe place.load(as: Int32.self) != 0 ? "true" : "false"
        case PROTOBUF_C_TYPE_ENUM: return unsafe enumeration(field, place.load(as: Int32.self))
        case PROTOBUF_C_TYPE_STRING:
            return quoted(unsafe text(place.load(as: UnsafePointer<CChar>?.self)))
        case PROTOBUF_C_TYPE_BYTES:
            return unsafe quoted(
                base64(MessageReader.bytes(place.load(as: ProtobufCBinaryData.self))))
        // The kinds are C's: what is left is a message.
        case _:
            guard let message = unsafe place.load(as: UnsafeRawPointer?.self) else { return "null" }
            return unsafe json(message)
        }
    }

    private static func enumeration(_ field: ProtobufCFieldDescriptor, _ value: Int32) -> String {
        // SAFETY: the descriptor of a field of this kind is that of its enumeration.
        guard let raw = unsafe field.descriptor else { return "\(value)" }
        let found = unsafe protobuf_c_enum_descriptor_get_value(
            raw.assumingMemoryBound(to: ProtobufCEnumDescriptor.self), value)
        return unsafe found.map { unsafe quoted(text($0.pointee.name)) } ?? "\(value)"
    }

    /// Seconds and nanoseconds, the first two fields of the message.
    private static func duration(_ message: UnsafeRawPointer) -> String {
        // SAFETY: as `json`.
        let descriptor = unsafe message.assumingMemoryBound(to: ProtobufCMessage.self)
            .pointee.descriptor.pointee
        let seconds = unsafe (message + Int(descriptor.fields[0].offset)).load(as: Int64.self)
        let nanos = unsafe (message + Int(descriptor.fields[1].offset)).load(as: Int32.self)
        let sign = seconds < 0 || nanos < 0 ? "-" : ""
        var fraction = String(nanos.magnitude)
        fraction = String(repeating: "0", count: max(0, 9 - fraction.utf8.count)) + fraction
        while fraction.hasSuffix("000") { fraction.removeLast(3) }
        return "\"\(sign)\(seconds.magnitude)\(fraction.isEmpty ? "" : ".\(fraction)")s\""
    }

    /// A text of the C library, repaired where it is not UTF-8.
    private static func text(_ start: UnsafePointer<CChar>?) -> String {
        // SAFETY: texts of descriptors and messages end with a zero byte.
        unsafe start.map { unsafe String(cString: $0) } ?? ""
    }

    private static func quoted(_ text: String) -> String {
        String(decoding: JSONText.quoted(text), as: UTF8.self)
    }

    private static func camelCase(_ name: String) -> String {
        let words = name.split(separator: "_", omittingEmptySubsequences: false)
        return words.dropFirst().reduce(String(words.first ?? "")) {
            $0 + ($1.first.map { String($0).uppercased() } ?? "") + $1.dropFirst()
        }
    }

    /// Bytes in base64 with padding (RFC 4648, 4).
    static func base64(_ bytes: [UInt8]) -> String {
        let text = String(
            Base64URL.encode(bytes).compactMap { character -> Character? in
                switch character {
                case "-": "+"
                case "_": "/"
                case "=": nil
                case let other: other
                }
            })
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }
}
