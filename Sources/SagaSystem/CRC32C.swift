internal import CSagaShims

/// CRC32C (Castagnoli, RFC 3720 appendix B.4): the checksum of everything that the journal writes.
///
/// The processor's own instruction makes it about as quick as reading the bytes.
package enum CRC32C {
    /// The checksum of the bytes, going on from that of what stands before them (0 for nothing).
    package static func checksum(_ bytes: Span<UInt8>, after before: UInt32 = 0) -> UInt32 {
        // SAFETY: address and count are those of one live span; the function only reads.
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe saga_crc32c(before, buffer.baseAddress, buffer.count)
        }
    }

    /// The same by tables, as on a processor without the instruction.
    package static func portableChecksum(
        _ bytes: Span<UInt8>, after before: UInt32 = 0
    ) -> UInt32 {
        // SAFETY: address and count are those of one live span; the function only reads.
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe saga_crc32c_portable(before, buffer.baseAddress, buffer.count)
        }
    }
}
