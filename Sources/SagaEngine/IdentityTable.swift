/// What stands in an `IdentityTable`: it knows its own key.
protocol IdentityTableElement {
    /// What it is found by.
    associatedtype Key: IdentityTableKey

    /// The key under which it stands, the same for as long as it does.
    var tableKey: Key { get }
}

/// A number that somebody else drew or counted.
protocol IdentityTableKey: Equatable {
    /// Bits that tell most keys apart; they need not be spread evenly.
    var bits: UInt64 { get }
}

/// Finds things by their numbers, in one look at a row of marks and one at the thing itself.
///
/// A dictionary hashes each key against those who choose keys so that they collide. What stands
/// here is numbered by the coordinator itself (ids drawn at random, calls and sessions counted,
/// tasks by positions in the journal), so one multiplication spreads it well enough, and a lookup
/// takes a tenth of the time. Elements know their keys, so that none is stored a second time. Open
/// addressing with linear probing; what is taken out leaves no trace. There is no order and nothing
/// goes through all elements but `all`, which says so.
struct IdentityTable<Element: IdentityTableElement> {
    /// Of each place: 0 if it is free, else the highest bit and 31 bits of the hash; the lowest of
    /// these say where the element would stand if it were alone.
    private var marks: [UInt32] = []
    private var elements: [Element?] = []
    private(set) var count = 0

    private static var leastPlaces: Int { 16 }

    var isEmpty: Bool { count == 0 }

    /// All elements, in no order: whatever follows from them must be sorted first.
    var all: [Element] { elements.compactMap(\.self) }

    /// How many elements something holds for; it looks at all of them.
    func count(where holds: (Element) -> Bool) -> Int {
        elements.count { $0.map(holds) ?? false }
    }

    /// The element with this key.
    subscript(key: Element.Key) -> Element? {
        guard let place = place(of: key) else { return nil }
        return elements[place]
    }

    /// Puts an element in; false if one with its key is there already, which stays.
    @discardableResult
    mutating func insert(_ element: Element) -> Bool {
        // At most three quarters are taken, so that a row of taken places is short.
        if 4 * (count + 1) > 3 * marks.count { grow() }
        let mark = Self.mark(of: element.tableKey)
        let mask = marks.count - 1
        var place = Int(mark) & mask
        while marks[place] != 0 {
            if marks[place] == mark, elements[place]?.tableKey == element.tableKey { return false }
            place = (place + 1) & mask
        }
        marks[place] = mark
        elements[place] = element
        count += 1
        return true
    }

    /// Takes the element with this key out; nil if there is none.
    @discardableResult
    mutating func remove(_ key: Element.Key) -> Element? {
        guard var free = place(of: key) else { return nil }
        let removed = elements[free].take()
        count -= 1
        let mask = marks.count - 1
        var place = (free + 1) & mask
        // Those behind it move up, each at most to where it would stand alone.
        while marks[place] != 0 {
            let home = Int(marks[place]) & mask
            if (place &- home) & mask >= (place &- free) & mask {
                marks[free] = marks[place]
                elements.swapAt(free, place)
                free = place
            }
            place = (place + 1) & mask
        }
        marks[free] = 0
        return removed
    }

    private func place(of key: Element.Key) -> Int? {
        guard count > 0 else { return nil }
        let mark = Self.mark(of: key)
        let mask = marks.count - 1
        var place = Int(mark) & mask
        while marks[place] != 0 {
            if marks[place] == mark, elements[place]?.tableKey == key { return place }
            place = (place + 1) & mask
        }
        return nil
    }

    private static func mark(of key: Element.Key) -> UInt32 {
        // 2^64 divided by the golden ratio: the high half of the product depends on all bits.
        UInt32(truncatingIfNeeded: (key.bits &* 0x9E37_79B9_7F4A_7C15) >> 32) | 0x8000_0000
    }

    private mutating func grow() {
        let places = Swift.max(Self.leastPlaces, marks.count * 2)
        precondition(places <= 1 << 31, "\(count) elements are more than a table can tell apart")
        var oldMarks = Array(repeating: UInt32(0), count: places)
        var oldElements = [Element?](repeating: nil, count: places)
        swap(&marks, &oldMarks)
        swap(&elements, &oldElements)
        let mask = places - 1
        for old in oldMarks.indices where oldMarks[old] != 0 {
            var place = Int(oldMarks[old]) & mask
            while marks[place] != 0 { place = (place + 1) & mask }
            marks[place] = oldMarks[old]
            swap(&elements[place], &oldElements[old])
        }
    }
}
