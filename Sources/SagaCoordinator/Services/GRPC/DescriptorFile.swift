/// One `google.protobuf.FileDescriptorProto`: its bytes, and what reflection looks up by.
///
/// Only our own build's descriptors are read, so bytes that are no message are a bug. They are not
/// read by protobuf-c, because a descriptor contains itself, and no message that does is generated.
struct DescriptorFile: Sendable {
    /// A field that extends a message of another place.
    struct Extension: Hashable, Sendable {
        let type: String
        let number: Int32
    }

    let bytes: [UInt8]
    private(set) var name = ""
    private(set) var dependencies: [String] = []
    /// The full names of all that is declared: messages, fields, enumerations and their values,
    /// oneofs, services, methods and extensions.
    private(set) var symbols: [String] = []
    private(set) var messages: [String] = []
    private(set) var services: [String] = []
    private(set) var extensions: [Extension] = []

    /// The files of a serialized `FileDescriptorSet`.
    static func files(ofSet bytes: [UInt8]) -> [DescriptorFile] {
        var files: [DescriptorFile] = []
        var fields = WireFields(bytes)
        while let field = fields.next() {
            if field.number == 1 { files.append(DescriptorFile(field.bytes)) }
        }
        return files
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var package = ""
        var declarations: [WireFields.Field] = []
        var fields = WireFields(bytes)
        // The package may stand behind what is declared in it.
        while let field = fields.next() {
            switch field.number {
            case 1: name = field.text
            case 2: package = field.text
            case 3: dependencies.append(field.text)
            case 4, 5, 6, 7: declarations.append(field)
            default: break
            }
        }
        for field in declarations {
            switch field.number {
            case 4: addMessage(field.bytes, in: package)
            case 5: addEnumeration(field.bytes, in: package)
            case 6: addService(field.bytes, in: package)
            default: addExtension(field.bytes, in: package)
            }
        }
    }

    private static func join(_ scope: String, _ name: String) -> String {
        scope.isEmpty ? name : "\(scope).\(name)"
    }

    /// The name of a descriptor: field 1 of all of them.
    private static func name(_ bytes: [UInt8]) -> String {
        var fields = WireFields(bytes)
        while let field = fields.next() {
            if field.number == 1 { return field.text }
        }
        return ""
    }

    private mutating func addMessage(_ bytes: [UInt8], in scope: String) {
        let message = Self.join(scope, Self.name(bytes))
        symbols.append(message)
        messages.append(message)
        var fields = WireFields(bytes)
        while let field = fields.next() {
            switch field.number {
            case 2, 8: symbols.append(Self.join(message, Self.name(field.bytes)))
            case 3: addMessage(field.bytes, in: message)
            case 4: addEnumeration(field.bytes, in: message)
            case 6: addExtension(field.bytes, in: message)
            default: break
            }
        }
    }

    private mutating func addEnumeration(_ bytes: [UInt8], in scope: String) {
        symbols.append(Self.join(scope, Self.name(bytes)))
        var fields = WireFields(bytes)
        while let field = fields.next() {
            // Values stand beside their enumeration, as in C++.
            if field.number == 2 { symbols.append(Self.join(scope, Self.name(field.bytes))) }
        }
    }

    private mutating func addService(_ bytes: [UInt8], in scope: String) {
        let service = Self.join(scope, Self.name(bytes))
        symbols.append(service)
        services.append(service)
        var fields = WireFields(bytes)
        while let field = fields.next() {
            if field.number == 2 { symbols.append(Self.join(service, Self.name(field.bytes))) }
        }
    }

    private mutating func addExtension(_ bytes: [UInt8], in scope: String) {
        var type = ""
        var number: Int32 = 0
        var fields = WireFields(bytes)
        while let field = fields.next() {
            switch field.number {
            case 1: symbols.append(Self.join(scope, field.text))
            case 2: type = field.text
            case 3: number = Int32(truncatingIfNeeded: field.value)
            default: break
            }
        }
        // Written with a leading dot, which says that the name is a full one.
        extensions.append(Extension(type: String(type.drop { $0 == "." }), number: number))
    }
}
