internal import CProtobufC
internal import CSagaProtos

/// The memory that messages are built in before they are packed; one owner, reused for each
/// message.
///
/// Sendable because it has one owner, and every use is exclusive.
@safe package struct EncodingArena: ~Copyable, @unchecked Sendable {
    private var memory: BumpArena

    /// Makes an arena.
    ///
    /// - Parameter chunk: how many bytes are kept between messages; larger ones get more for
    ///   their time.
    package init(chunk: Int = 65_536) {
        memory = BumpArena(chunk: chunk, limit: .max / 2)
    }

    /// Builds one message and appends its bytes.
    ///
    /// - Parameters:
    ///   - bytes: what is appended to; what stands there already stays.
    ///   - build: makes the message in this arena.
    mutating func pack<Message>(
        into bytes: inout [UInt8],
        _ build: (inout EncodingArena) -> UnsafeMutablePointer<Message>
    ) {
        memory.reset()
        // SAFETY: the generated messages begin with their base; the message and all it points to
        // live in this arena until the next reset. The array has room for what is packed.
        let message = unsafe UnsafeRawPointer(build(&self))
            .assumingMemoryBound(to: ProtobufCMessage.self)
        let size = unsafe protobuf_c_message_get_packed_size(message)
        bytes.append(addingCapacity: size) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                guard let start = buffer.baseAddress, size > 0 else { return }
                let written = unsafe protobuf_c_message_pack(message, start + count)
                precondition(written == size, "packed \(written) bytes of a message of \(size)")
                count += written
            }
        }
    }

    /// A message of this type with every field unset.
    mutating func make<Message>(
        _ initialize: (UnsafeMutablePointer<Message>?) -> Void
    ) -> UnsafeMutablePointer<Message> {
        // SAFETY: the piece has the size of the message, and its alignment is at most a word; the
        // generated function initializes all of it.
        let message = unsafe piece(MemoryLayout<Message>.size)
            .bindMemory(to: Message.self, capacity: 1)
        unsafe initialize(message)
        return unsafe message
    }

    /// A list of messages as protobuf-c takes it; nil if it is empty.
    mutating func list<Elements: Collection, Message>(
        _ elements: Elements,
        _ build: (inout EncodingArena, Elements.Element) -> UnsafeMutablePointer<Message>
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Message>?>? {
        if elements.isEmpty { return nil }
        // SAFETY: the list has room for all elements, and each place is initialized.
        let list = unsafe piece(elements.count * MemoryLayout<UnsafeMutablePointer<Message>?>.size)
            .bindMemory(to: UnsafeMutablePointer<Message>?.self, capacity: elements.count)
        for (place, element) in elements.enumerated() {
            unsafe (list + place).initialize(to: build(&self, element))
        }
        return unsafe list
    }

    /// A list of numbers as protobuf-c takes it; nil if it is empty.
    mutating func numbers<Elements: Collection, Number: BitwiseCopyable>(
        _ elements: Elements, _ number: (Elements.Element) -> Number
    ) -> UnsafeMutablePointer<Number>? {
        if elements.isEmpty { return nil }
        // SAFETY: the list has room for all elements, and each place is initialized.
        let list = unsafe piece(elements.count * MemoryLayout<Number>.size)
            .bindMemory(to: Number.self, capacity: elements.count)
        for (place, element) in elements.enumerated() {
            unsafe (list + place).initialize(to: number(element))
        }
        return unsafe list
    }

    /// A list of texts as protobuf-c takes it; nil if it is empty.
    mutating func texts(
        _ texts: [String]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        // SAFETY: as `list`, with texts for messages.
        unsafe list(texts) { unsafe $0.text($1) }
    }

    /// A text as C takes it.
    ///
    /// C ends a text at the first NUL; so that nothing is cut off silently, each NUL is written as
    /// U+FFFD. Texts that came over the wire have none, for the decoder refuses them.
    mutating func text(_ text: String) -> UnsafeMutablePointer<CChar> {
        var text = text
        // SAFETY: the piece has room for the bytes and the NUL, and lives until the next reset.
        let copy = text.withUTF8 { bytes in
            unsafe bytes.hasZero ? nil : self.text(of: bytes)
        }
        if let copy = unsafe copy { return unsafe copy }
        let scalars = text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }
        return unsafe self.text(String(String.UnicodeScalarView(scalars)))
    }

    /// UTF-8 without a NUL as C takes it.
    mutating func text(of bytes: UnsafeBufferPointer<UInt8>) -> UnsafeMutablePointer<CChar> {
        // SAFETY: the piece has room for the bytes and the NUL.
        let copy = unsafe piece(bytes.count + 1)
        if let start = bytes.baseAddress {
            unsafe copy.copyMemory(from: start, byteCount: bytes.count)
        }
        unsafe copy.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
        return unsafe copy.assumingMemoryBound(to: CChar.self)
    }

    /// Bytes as protobuf-c takes them.
    mutating func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        // SAFETY: no bytes need no memory; otherwise the piece has room for them.
        if bytes.isEmpty { return unsafe ProtobufCBinaryData(len: 0, data: nil) }
        let copy = unsafe piece(bytes.count)
        unsafe bytes.withUnsafeBytes { source in
            unsafe copy.copyMemory(from: source.baseAddress!, byteCount: source.count)
        }
        return unsafe ProtobufCBinaryData(
            len: bytes.count, data: copy.assumingMemoryBound(to: UInt8.self))
    }

    /// Room for that many bytes.
    mutating func piece(_ size: Int) -> UnsafeMutableRawPointer {
        // SAFETY: whoever takes the address says the same of it.
        guard let piece = unsafe memory.allocate(size) else {
            preconditionFailure("a message of more than half the address space")
        }
        return unsafe piece
    }
}
