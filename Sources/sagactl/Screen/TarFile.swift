/// A tar archive in memory: the plain files of POSIX `ustar` (pax, ustar Interchange Format).
struct TarFile {
    private static let blockBytes = 512
    private(set) var bytes: [UInt8] = []
    private let modifiedAt: Int64

    /// `modifiedAt`: of all files, in seconds since 1970.
    init(modifiedAt: Int64) { self.modifiedAt = modifiedAt }

    /// Adds a file that only its owner can read. The name has at most 100 bytes.
    mutating func add(_ name: String, _ content: [UInt8]) {
        precondition(name.utf8.count <= 100, "the name \(name) has no room in the head of a file")
        var head: [UInt8] = []
        func pad(to count: Int) { head += [UInt8](repeating: 0, count: count - head.count) }
        func number(_ value: Int64, digits: Int) {
            let text = String(value, radix: 8)
            head += Array((String(repeating: "0", count: digits - text.count) + text).utf8) + [0]
        }
        head += name.utf8
        pad(to: 100)
        number(0o600, digits: 7)
        number(0, digits: 7)
        number(0, digits: 7)
        number(Int64(content.count), digits: 11)
        number(modifiedAt, digits: 11)
        // The sum is taken with blanks in its place.
        head += Array("        0".utf8)
        pad(to: 257)
        head += Array("ustar".utf8) + [0] + Array("00".utf8)
        pad(to: Self.blockBytes)
        let sum = head.reduce(0) { $0 + Int64($1) }
        let text = String(sum, radix: 8)
        let field = Array((String(repeating: "0", count: 6 - text.count) + text).utf8) + [0, 0x20]
        head.replaceSubrange(148..<156, with: field)
        bytes += head + content
        let rest = content.count % Self.blockBytes
        if rest > 0 { bytes += [UInt8](repeating: 0, count: Self.blockBytes - rest) }
    }

    /// The whole, with the two empty blocks that end it.
    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 2 * Self.blockBytes) }
}
