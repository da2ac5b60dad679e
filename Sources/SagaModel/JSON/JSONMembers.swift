/// The members of all objects that are open while a text is read: finds duplicates and the order.
///
/// Names are compared with their escapes resolved, so `"a"` and `"\u0061"` are the same member.
/// Sorting instead of hashing: it is needed for the canonical form anyhow, and no choice of names
/// makes it slow.
struct JSONMembers {
    /// One member of an open object.
    struct Member {
        /// Where its resolved name stands in `names`.
        let name: Range<Int>
        /// Where its name stands in the text.
        let textOffset: Int
        /// Where the caller wrote it, for callers who write.
        let output: Int
    }

    private var names: [UInt8] = []
    private var members: [Member] = []
    private var firstMembers: [Int] = []

    /// A `{` was read.
    mutating func open() {
        firstMembers.append(members.count)
    }

    /// A name was read in the innermost object.
    mutating func add(_ name: JSONToken.Quoted, of text: Span<UInt8>, output: Int = 0) {
        let start = names.count
        JSONString.append(name, of: text, as: .decoded, to: &names)
        members.append(
            Member(
                name: start..<names.count, textOffset: name.range.lowerBound, output: output))
    }

    /// Whether the name read last is these bytes.
    func lastNameEquals(_ bytes: [UInt8]) -> Bool {
        guard let name = members.last?.name, name.count == bytes.count else { return false }
        for index in bytes.indices where names[name.lowerBound + index] != bytes[index] {
            return false
        }
        return true
    }

    /// A `}` was read: forgets the members of the innermost object.
    ///
    /// Gives them in their order in the text, with their indices in the order of their names; nil
    /// if both orders are the same.
    @discardableResult
    mutating func close() throws(JSONFault) -> (written: [Member], order: [Int])? {
        guard let first = firstMembers.popLast() else {
            preconditionFailure("an object ends that was not begun")
        }
        defer {
            if first < members.count { names.removeSubrange(members[first].name.lowerBound...) }
            members.removeSubrange(first...)
        }
        if isAscending(from: first) { return nil }
        let written = Array(members[first...])
        let order = written.indices.sorted {
            precedes(written[$0].name, written[$1].name, in: names)
        }
        var duplicate: Int?
        for (previous, next) in zip(order, order.dropFirst())
        where !precedes(written[previous].name, written[next].name, in: names) {
            let offset = written[max(previous, next)].textOffset
            duplicate = min(duplicate ?? offset, offset)
        }
        if let duplicate { throw JSONFault(.duplicateMember, at: duplicate) }
        return (written, order)
    }

    /// Whether each member's name is greater than that before it; so none occurs twice.
    private func isAscending(from first: Int) -> Bool {
        for index in members.indices.dropFirst(first + 1)
        where !precedes(members[index - 1].name, members[index].name, in: names) {
            return false
        }
        return true
    }

    private func precedes(_ left: Range<Int>, _ right: Range<Int>, in bytes: [UInt8]) -> Bool {
        for index in 0..<min(left.count, right.count) {
            let (one, other) = (bytes[left.lowerBound + index], bytes[right.lowerBound + index])
            if one != other { return one < other }
        }
        return left.count < right.count
    }
}
