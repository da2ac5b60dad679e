/// Finds what somebody most likely meant by a name that is not known: definitions, keys of a file,
/// handlers.
package enum NearestName {
    /// Names longer than this are never compared: the distance costs the product of both lengths,
    /// and what asks may be a peer. The longest handler name, four parts of 63, has 255.
    package static let longestCompared = 255
    /// How many products of two letters one search may cost, a few milliseconds: what is known may
    /// be a hundred thousand names, and what asks may be a peer. Names beyond it are not compared.
    package static let mostCompared = 2_000_000

    /// The known names close enough to `name` to be what was meant, nearest first, equally near
    /// ones by their UTF-8 bytes; `name` itself is never among them.
    ///
    /// Upper and lower case count as equal when distances are taken, so `maxattempts` finds
    /// `maxAttempts`. The cut-off is a third of the longer name's length, at least one edit: below
    /// it a suggestion helps, above it names differ by more than a slip and it misleads.
    package static func candidates(
        for name: String, among known: some Sequence<String>, atMost limit: Int = 3
    ) -> [String] {
        let wanted = folded(name)
        guard limit > 0, !wanted.isEmpty, wanted.count <= longestCompared else { return [] }
        var found: [(name: String, distance: Int)] = []
        var left = mostCompared
        for candidate in known where candidate != name {
            let other = folded(candidate)
            guard other.count <= longestCompared else { continue }
            let allowed = max(1, max(wanted.count, other.count) / 3)
            guard abs(wanted.count - other.count) <= allowed else { continue }
            left -= wanted.count * other.count
            guard left >= 0 else { break }
            let distance = distance(wanted, other)
            // A name of one or two letters is one edit from nearly every other: never suggest one
            // that shares nothing with what was written.
            guard distance <= allowed, distance < max(wanted.count, other.count) else { continue }
            found.append((candidate, distance))
        }
        found.sort { left, right in
            left.distance != right.distance
                ? left.distance < right.distance
                : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
        var result: [String] = []
        for entry in found where result.count < limit && result.last != entry.name {
            result.append(entry.name)
        }
        return result
    }

    /// The nearest of the known names, if one is near enough; see `candidates`.
    package static func candidate(
        for name: String, among known: some Sequence<String>
    ) -> String? {
        candidates(for: name, among: known, atMost: 1).first
    }

    /// The number of insertions, deletions, replacements and swaps of neighbours that make one
    /// text out of the other, no part edited twice (Damerau-Levenshtein, optimal string alignment).
    package static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforePrevious = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        var current = beforePrevious
        for row in left.indices {
            current[0] = row + 1
            for column in right.indices {
                let replaced = previous[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current[column + 1] = best
            }
            swap(&beforePrevious, &previous)
            swap(&previous, &current)
        }
        return previous[right.count]
    }

    /// The bytes with ASCII upper case made lower; names are ASCII, other bytes stay as they are.
    private static func folded(_ name: String) -> [UInt8] {
        name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    }
}
