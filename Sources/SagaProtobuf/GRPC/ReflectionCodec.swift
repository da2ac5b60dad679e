internal import CProtobufC
internal import CSagaProtos

/// The messages of `grpc.reflection.v1.ServerReflection`; those of `v1alpha` are the same bytes.
package enum ReflectionCodec {
    private typealias Request = Grpc__Reflection__V1__ServerReflectionRequest
    private typealias Response = Grpc__Reflection__V1__ServerReflectionResponse

    /// Reads a request.
    package static func decodeRequest(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> ReflectionRequest {
        // SAFETY: the message is read before the arena is used for the next one; what is kept of
        // it is copied.
        try unsafe arena.unpack(
            bytes, with: grpc__reflection__v1__server_reflection_request__unpack
        ) { request throws(CodecFailure) in
            let host = try unsafe MessageReader.text(request.pointee.host, "", "host")
            return ReflectionRequest(host: host, try unsafe question(request))
        }
    }

    private static func question(
        _ request: UnsafeMutablePointer<Request>
    ) throws(CodecFailure) -> ReflectionRequest.Question {
        // SAFETY: the case says which member of the union is set; it lives in the arena.
        switch unsafe request.pointee.message_request_case.rawValue {
        case 3:
            return .file(
                name: try unsafe MessageReader.text(
                    request.pointee.file_by_filename, "", "file_by_filename"))
        case 4:
            return .symbol(
                try unsafe MessageReader.text(
                    request.pointee.file_containing_symbol, "", "file_containing_symbol"))
        case 5:
            let wanted = try unsafe MessageReader.required(
                request.pointee.file_containing_extension, "", "file_containing_extension")
            return .fileOfExtension(
                type: try unsafe MessageReader.text(
                    wanted.pointee.containing_type, "file_containing_extension.",
                    "containing_type"),
                number: unsafe wanted.pointee.extension_number)
        case 6:
            return .extensionNumbers(
                type: try unsafe MessageReader.text(
                    request.pointee.all_extension_numbers_of_type, "",
                    "all_extension_numbers_of_type"))
        case 7:
            return .services(
                try unsafe MessageReader.text(
                    request.pointee.list_services, "", "list_services"))
        default: return .none  // none is set, or one of a later version
        }
    }

    /// Packs the answer to a request.
    package static func encodeResponse(
        _ answer: ReflectionAnswer, to request: ReflectionRequest, arena: inout EncodingArena
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        // SAFETY: the messages are packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { unsafe $0.response(answer, to: request) }
        return bytes
    }
}

extension EncodingArena {
    fileprivate mutating func response(
        _ answer: ReflectionAnswer, to request: ReflectionRequest
    ) -> UnsafeMutablePointer<Grpc__Reflection__V1__ServerReflectionResponse> {
        // SAFETY: the messages live in this arena until the next reset.
        let response = unsafe make(grpc__reflection__v1__server_reflection_response__init)
        unsafe response.pointee.valid_host = text(request.host)
        unsafe response.pointee.original_request = self.request(request)
        switch answer {
        case .files(let files):
            let message = unsafe make(grpc__reflection__v1__file_descriptor_response__init)
            unsafe message.pointee.n_file_descriptor_proto = files.count
            unsafe message.pointee.file_descriptor_proto = listOfBytes(files)
            unsafe response.pointee.message_response_case.rawValue = 4
            unsafe response.pointee.file_descriptor_response = message
        case .extensionNumbers(let type, let numbers):
            let message = unsafe make(grpc__reflection__v1__extension_number_response__init)
            unsafe message.pointee.base_type_name = text(type)
            unsafe message.pointee.n_extension_number = numbers.count
            unsafe message.pointee.extension_number = self.numbers(numbers) { $0 }
            unsafe response.pointee.message_response_case.rawValue = 5
            unsafe response.pointee.all_extension_numbers_response = message
        case .services(let names):
            let message = unsafe make(grpc__reflection__v1__list_service_response__init)
            unsafe message.pointee.n_service = names.count
            unsafe message.pointee.service = list(names) { arena, name in
                let service = unsafe arena.make(grpc__reflection__v1__service_response__init)
                unsafe service.pointee.name = arena.text(name)
                return unsafe service
            }
            unsafe response.pointee.message_response_case.rawValue = 6
            unsafe response.pointee.list_services_response = message
        case .error(let code, let reason):
            let message = unsafe make(grpc__reflection__v1__error_response__init)
            unsafe message.pointee.error_code = code
            unsafe message.pointee.error_message = text(reason)
            unsafe response.pointee.message_response_case.rawValue = 7
            unsafe response.pointee.error_response = message
        }
        return unsafe response
    }

    private mutating func request(
        _ request: ReflectionRequest
    ) -> UnsafeMutablePointer<Grpc__Reflection__V1__ServerReflectionRequest> {
        // SAFETY: as `response`.
        let message = unsafe make(grpc__reflection__v1__server_reflection_request__init)
        unsafe message.pointee.host = text(request.host)
        switch request.question {
        case .file(let name):
            unsafe message.pointee.message_request_case.rawValue = 3
            unsafe message.pointee.file_by_filename = text(name)
        case .symbol(let name):
            unsafe message.pointee.message_request_case.rawValue = 4
            unsafe message.pointee.file_containing_symbol = text(name)
        case .fileOfExtension(let type, let number):
            let wanted = unsafe make(grpc__reflection__v1__extension_request__init)
            unsafe wanted.pointee.containing_type = text(type)
            unsafe wanted.pointee.extension_number = number
            unsafe message.pointee.message_request_case.rawValue = 5
            unsafe message.pointee.file_containing_extension = wanted
        case .extensionNumbers(let type):
            unsafe message.pointee.message_request_case.rawValue = 6
            unsafe message.pointee.all_extension_numbers_of_type = text(type)
        case .services(let content):
            unsafe message.pointee.message_request_case.rawValue = 7
            unsafe message.pointee.list_services = text(content)
        case .none: break
        }
        return unsafe message
    }

    private mutating func listOfBytes(
        _ values: [[UInt8]]
    ) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        if values.isEmpty { return nil }
        // SAFETY: the list has room for all values, and each place is initialized.
        let list = unsafe piece(values.count * MemoryLayout<ProtobufCBinaryData>.size)
            .bindMemory(to: ProtobufCBinaryData.self, capacity: values.count)
        for (place, value) in values.enumerated() {
            unsafe (list + place).initialize(to: bytes(value))
        }
        return unsafe list
    }
}
