internal import FoundationEssentials

/// The places of one term on a shelf: for each saga that has the term the last twenty bits of its
/// start, in rising order.
struct PlaceList {
    private(set) var places: [UInt32] = []

    init() {}

    init(sorted places: [UInt32]) { self.places = places }

    /// Adds what is stored for a block; blocks come in rising order.
    mutating func append(block: Int64, _ stored: Data) {
        let bytes = [UInt8](stored)
        let base = UInt32(truncatingIfNeeded: block & 0xFF) << 12
        let start = places.count
        var isSorted = true
        for index in stride(from: 0, to: bytes.count - 1, by: 2) {
            let place = base | UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
            if places.count > start, places[places.count - 1] >= place { isSorted = false }
            places.append(place)
        }
        if !isSorted { places[start...].sort() }
    }

    /// What is in both.
    func intersection(_ other: PlaceList) -> PlaceList {
        let (small, large) =
            places.count <= other.places.count
            ? (places, other.places) : (other.places, places)
        var both: [UInt32] = []
        var index = 0
        for place in small {
            if small.count * 16 < large.count {
                index = large.firstIndex(notBefore: place, from: index)
            } else {
                while index < large.count, large[index] < place { index += 1 }
            }
            guard index < large.count else { break }
            if large[index] == place { both.append(place) }
        }
        return PlaceList(sorted: both)
    }

    /// What is in either.
    func union(_ other: PlaceList) -> PlaceList {
        if places.isEmpty { return other }
        if other.places.isEmpty { return self }
        var all: [UInt32] = []
        all.reserveCapacity(places.count + other.places.count)
        var (left, right) = (0, 0)
        while left < places.count || right < other.places.count {
            if right == other.places.count
                || (left < places.count && places[left] <= other.places[right])
            {
                if all.last != places[left] { all.append(places[left]) }
                left += 1
            } else {
                if all.last != other.places[right] { all.append(other.places[right]) }
                right += 1
            }
        }
        return PlaceList(sorted: all)
    }

    /// Places as they are stored for a block.
    static func stored(_ places: [UInt16]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(places.count * 2)
        for place in places {
            bytes.append(UInt8(truncatingIfNeeded: place))
            bytes.append(UInt8(truncatingIfNeeded: place >> 8))
        }
        return bytes
    }
}

extension [UInt32] {
    /// The first index, not before another one, whose value is not below a value.
    func firstIndex(notBefore value: UInt32, from start: Int = 0) -> Int {
        var low = start
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
