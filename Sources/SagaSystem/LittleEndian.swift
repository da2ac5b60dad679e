extension Span where Element == UInt8 {
    /// The integer that stands at `offset` in little-endian order; the range must lie inside.
    @inlinable
    package func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at offset: Int
    ) -> Value {
        precondition(
            offset >= 0 && offset <= count - MemoryLayout<Value>.size,
            "read of \(type) at \(offset) of \(count) bytes")
        // SAFETY: the range was checked above, and any bits are a valid integer.
        return unsafe withUnsafeBytes { bytes in
            unsafe Value(
                littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
    }
}

extension MutableSpan where Element == UInt8 {
    /// Stores the integer at `offset` in little-endian order; the range must lie inside.
    @inlinable
    package mutating func storeLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at offset: Int
    ) {
        precondition(
            offset >= 0 && offset <= count - MemoryLayout<Value>.size,
            "write of \(Value.self) at \(offset) of \(count) bytes")
        // SAFETY: the range was checked above.
        unsafe withUnsafeMutableBytes { bytes in
            unsafe bytes.storeBytes(
                of: value.littleEndian, toByteOffset: offset, as: Value.self)
        }
    }
}
