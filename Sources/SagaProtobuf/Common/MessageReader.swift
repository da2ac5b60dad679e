internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Reads fields of unpacked messages; the functions for each message stand in extensions.
///
/// A field's path is given as two constants that are joined only when something is wrong with it.
enum MessageReader {
    /// What an unset text points to; such a text has no size before it.
    static let emptyText: UInt = {
        // SAFETY: the generated function sets every field of a local variable.
        var message = unsafe Saga__V1__DefinitionRef()
        unsafe saga__v1__definition_ref__init(&message)
        return unsafe UInt(bitPattern: message.name)
    }()

    /// A text of an unpacked message: UTF-8 without a NUL.
    static func text(
        _ start: UnsafeMutablePointer<CChar>?, _ path: StaticString, _ name: StaticString
    ) throws(CodecFailure) -> String {
        // SAFETY: a text that is set lies in an arena, which notes its size with its ending NUL.
        let bytes = try unsafe textBytes(start, path, name)
        if bytes.count == 0 { return "" }
        // Most texts are ASCII, for which this is several times faster than to validate them.
        if unsafe bytes.isASCII {
            return unsafe String(unsafeUninitializedCapacity: bytes.count) { copy in
                unsafe copy.initialize(fromContentsOf: bytes)
            }
        }
        guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
            throw CodecFailure("\(path)\(name)", .notUTF8)
        }
        return text
    }

    /// The bytes of a text without a NUL in it; they are not checked to be UTF-8.
    static func textBytes(
        _ start: UnsafeMutablePointer<CChar>?, _ path: StaticString, _ name: StaticString
    ) throws(CodecFailure) -> UnsafeBufferPointer<UInt8> {
        // SAFETY: a text that is set lies in an arena, which notes its size with its ending NUL.
        guard let start = unsafe start, UInt(bitPattern: start) != emptyText else {
            return unsafe UnsafeBufferPointer(start: nil, count: 0)
        }
        let raw = UnsafeRawPointer(start)
        let count = unsafe (raw - BumpArena.wordSize).load(as: Int.self) - 1
        let bytes = unsafe UnsafeBufferPointer(
            start: raw.assumingMemoryBound(to: UInt8.self), count: count)
        if unsafe bytes.hasZero { throw CodecFailure("\(path)\(name)", .hasNUL) }
        return unsafe bytes
    }

    /// Bytes of an unpacked message, copied.
    static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        // SAFETY: protobuf-c sets both fields; an address of nil goes with the length 0.
        unsafe [UInt8](UnsafeBufferPointer(start: data.data, count: data.len))
    }

    /// A text that must be there.
    static func requiredText(
        _ start: UnsafeMutablePointer<CChar>?, _ path: StaticString, _ name: StaticString
    ) throws(CodecFailure) -> String {
        // SAFETY: as `text`.
        let text = try unsafe text(start, path, name)
        if text.isEmpty { throw CodecFailure("\(path)\(name)", .unset) }
        return text
    }

    /// A message that must be there.
    static func required<Message>(
        _ message: UnsafeMutablePointer<Message>?, _ path: StaticString, _ name: StaticString
    ) throws(CodecFailure) -> UnsafeMutablePointer<Message> {
        // SAFETY: the address is only passed on.
        guard let message = unsafe message else { throw CodecFailure("\(path)\(name)", .unset) }
        return unsafe message
    }

    /// The values of a list of messages; a fault is named with its place.
    static func list<Message, Value>(
        _ list: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int,
        _ name: StaticString,
        _ read: (UnsafeMutablePointer<Message>) throws(CodecFailure) -> Value
    ) throws(CodecFailure) -> [Value] {
        if count == 0 { return [] }
        var values: [Value] = []
        values.reserveCapacity(count)
        for place in 0..<count {
            // SAFETY: protobuf-c sets as many places as it counts, none of them to nil.
            do throws(CodecFailure) {
                values.append(try unsafe read(list![place]!))
            } catch {
                throw error.inside("\(name)[\(place)]")
            }
        }
        return values
    }

    /// The texts of a list; a fault is named with the list.
    static func texts(
        _ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int,
        _ path: StaticString, _ name: StaticString
    ) throws(CodecFailure) -> [String] {
        var texts: [String] = []
        texts.reserveCapacity(count)
        for place in 0..<count {
            // SAFETY: protobuf-c sets as many places as it counts.
            texts.append(try unsafe text(list![place], path, name))
        }
        return texts
    }

    /// The model's value of an enumeration.
    static func value<Value: WireNumbered>(
        _ number: Value.Number, _ path: StaticString, _ name: StaticString
    ) throws(CodecFailure) -> Value {
        for value in Value.wireCases where value.wireNumber.rawValue == number.rawValue {
            return value
        }
        throw CodecFailure(
            "\(path)\(name)", number.rawValue == 0 ? .unset : .unknownValue(number.rawValue))
    }

    /// The model's value of an enumeration, or nil for UNSPECIFIED.
    static func optionalValue<Value: WireNumbered>(
        _ number: Value.Number, _ path: StaticString, _ name: StaticString
    ) throws(CodecFailure) -> Value? {
        if number.rawValue == 0 { return nil }
        return try value(number, path, name) as Value
    }
}
