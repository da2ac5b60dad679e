internal import CSagaProtos

/// What the build embeds of the protos: a serialized `google.protobuf.FileDescriptorSet` of every
/// file that a peer meets, with all that these import.
package enum EmbeddedDescriptors {
    /// A copy of the bytes; the embedded ones are read from disk only then.
    package static func copy() -> [UInt8] {
        // SAFETY: the generated array has as many bytes as the constant beside it says, and
        // nothing changes them.
        unsafe [UInt8](UnsafeBufferPointer(start: saga_descriptors, count: count))
    }

    private static var count: Int { Int(saga_descriptors_count) }
}
