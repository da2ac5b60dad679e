internal import CSagaShims
internal import Glibc

/// Randomness of the kernel (getrandom), good enough for keys.
package enum SystemRandom {
    /// 64 random bits.
    package static func word() -> UInt64 {
        var word: UInt64 = 0
        // SAFETY: the address is that of a local variable, its size is given.
        let code = unsafe saga_random_bytes(&word, MemoryLayout<UInt64>.size)
        // getrandom without flags fails for a bad address or on a kernel before 3.17 only.
        precondition(code == 0, "getrandom failed with errno \(code)")
        return word
    }

    /// As many random bytes as asked for.
    package static func bytes(count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        // SAFETY: the address is that of the array's storage, which has `count` bytes.
        let code = unsafe bytes.withUnsafeMutableBytes {
            unsafe saga_random_bytes($0.baseAddress, $0.count)
        }
        precondition(code == 0, "getrandom failed with errno \(code)")
        return bytes
    }
}
