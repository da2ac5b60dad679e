internal import CSagaShims

extension Span where Element == UInt8 {
    /// The index of the first byte that is not zero; `count` if all are zero.
    package var firstNonzeroIndex: Int {
        // SAFETY: address and count are those of one live span; the function only reads.
        unsafe withUnsafeBytes { buffer in
            unsafe saga_first_nonzero(buffer.baseAddress, buffer.count)
        }
    }

    /// The end of what is left when the zeros at the end are taken away; 0 if all are zero.
    package var nonzeroEnd: Int {
        // SAFETY: address and count are those of one live span; the function only reads.
        unsafe withUnsafeBytes { buffer in
            unsafe saga_nonzero_end(buffer.baseAddress, buffer.count)
        }
    }
}
