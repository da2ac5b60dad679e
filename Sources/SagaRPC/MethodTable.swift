internal import SagaHTTP2

/// A method's place in the list of methods that a server serves.
package struct MethodIndex: Hashable, Sendable {
    /// The place, from 0 on.
    package let rawValue: Int

    /// Takes a place.
    package init(_ rawValue: Int) { self.rawValue = rawValue }
}

/// All methods of a server, found by the bytes of their path without making a `String`.
package struct MethodTable: Sendable {
    /// The paths, `/package.Service/Method`, in the order of their indices.
    package let paths: [String]
    /// The kinds, in the same order.
    package let kinds: [MethodKind]

    private let bytes: [[UInt8]]
    /// Open addressing, at most half full; -1 is free.
    private let places: [Int]

    /// Makes a table. Paths are compared as bytes and must differ.
    ///
    /// Where kinds are given, one for each path, a connection refuses by itself a request that
    /// has not the one message it should have.
    package init(_ paths: [String], kinds: [MethodKind] = []) {
        precondition(kinds.isEmpty || kinds.count == paths.count, "methods without a kind")
        self.paths = paths
        self.kinds =
            kinds.isEmpty ? [MethodKind](repeating: .bidirectional, count: paths.count) : kinds
        bytes = paths.map { Array($0.utf8) }
        var size = 16
        while size < paths.count * 2 { size *= 2 }
        var places = [Int](repeating: -1, count: size)
        for (index, path) in bytes.enumerated() {
            var place = Self.hash(path.span) & (size - 1)
            while places[place] >= 0 {
                precondition(bytes[places[place]] != path, "two methods of one path")
                place = (place + 1) & (size - 1)
            }
            places[place] = index
        }
        self.places = places
    }

    /// The method of a path.
    package func index(of path: Span<UInt8>) -> MethodIndex? {
        var place = Self.hash(path) & (places.count - 1)
        while places[place] >= 0 {
            if path.equals(bytes[places[place]]) { return MethodIndex(places[place]) }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    /// FNV-1a over the last bytes, where methods differ; what collides is compared in full. The
    /// table is fixed and small, so a peer can lengthen no chain in it.
    private static func hash(_ bytes: Span<UInt8>) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count)
        for place in max(0, bytes.count - 8)..<bytes.count {
            hash = (hash ^ UInt64(bytes[place])) &* 0x100_0000_01b3
        }
        return Int(truncatingIfNeeded: hash ^ (hash >> 32))
    }
}
