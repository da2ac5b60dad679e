internal import CNghttp2

extension HeaderList {
    /// Calls `body` with the list as nghttp2 takes it; the vector does not outlive the call.
    func withNameValues(_ body: (UnsafeMutableBufferPointer<nghttp2_nv>) -> Int32) -> Int32 {
        // SAFETY: every name and value lies in `bytes`, which is pinned for the whole closure.
        unsafe bytes.withUnsafeBufferPointer { bytes in
            // SAFETY: all `fields.count` elements are initialized before `body` sees them;
            // nghttp2 does not write through the pointers.
            unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: fields.count) {
                var next = unsafe UnsafeMutablePointer(mutating: bytes.baseAddress)
                for (place, field) in fields.enumerated() {
                    let value = unsafe next.map { unsafe $0 + Int(field.nameCount) }
                    // SAFETY: see above.
                    unsafe ($0.baseAddress.unsafelyUnwrapped + place).initialize(
                        to: nghttp2_nv(
                            name: next, value: value, namelen: Int(field.nameCount),
                            valuelen: Int(field.valueCount),
                            flags: field.isIndexed ? 0 : UInt8(NGHTTP2_NV_FLAG_NO_INDEX.rawValue)))
                    unsafe next = value.map { unsafe $0 + Int(field.valueCount) }
                }
                return unsafe body($0)
            }
        }
    }
}
