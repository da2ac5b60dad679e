/// What a peer asks of server reflection.
package struct ReflectionRequest: Equatable, Sendable {
    /// One question.
    package enum Question: Equatable, Sendable {
        /// A file by its name, such as `saga/v1/saga.proto`.
        case file(name: String)
        /// The file that declares a name.
        case symbol(String)
        /// The file that extends a message by a field of that number.
        case fileOfExtension(type: String, number: Int32)
        /// The numbers of all known extensions of a message.
        case extensionNumbers(type: String)
        /// All services; what stands in the request has no meaning.
        case services(String)
        /// No question, or one of a later version.
        case none
    }

    /// Sent back as it came.
    package var host: String
    /// The question.
    package var question: Question

    /// Makes a request.
    package init(host: String = "", _ question: Question) {
        self.host = host
        self.question = question
    }
}

/// What server reflection answers.
package enum ReflectionAnswer: Equatable, Sendable {
    /// Serialized `google.protobuf.FileDescriptorProto`s.
    case files([[UInt8]])
    case extensionNumbers(type: String, [Int32])
    /// Names with their package.
    case services([String])
    /// A number of gRPC's status codes, and a text for people.
    case error(code: Int32, String)
}
