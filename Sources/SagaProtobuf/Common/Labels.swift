internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Pairs of texts, which protobuf-c has as lists of entries; each map has a type of entry of its
/// own, all alike.
extension EncodingArena {
    /// The pairs as a map's entries; nil if there are none.
    mutating func pairs<Entry>(
        _ pairs: [Label], _ initialize: (UnsafeMutablePointer<Entry>?) -> Void
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>? {
        // SAFETY: every map from text to text has entries of the base, the key and the value, which
        // is why one of these types can stand for the others.
        unsafe list(pairs) { arena, pair in
            let entry = unsafe arena.make(initialize)
            let fields = unsafe UnsafeMutableRawPointer(entry)
                .assumingMemoryBound(to: Saga__V1__Task__LabelsEntry.self)
            unsafe fields.pointee.key = arena.text(pair.name)
            unsafe fields.pointee.value = arena.text(pair.value)
            return unsafe entry
        }
    }
}

extension MessageReader {
    /// The pairs of a map, sorted by the bytes of their names; of several with one name the last
    /// counts.
    static func pairs<Entry>(
        _ list: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>?, _ count: Int,
        _ name: StaticString
    ) throws(CodecFailure) -> [Label] {
        // SAFETY: as in `EncodingArena.pairs`; the texts live in the arena.
        let pairs = try unsafe self.list(list, count, name) { entry throws(CodecFailure) in
            let fields = unsafe UnsafeMutableRawPointer(entry)
                .assumingMemoryBound(to: Saga__V1__Task__LabelsEntry.self)
            return try unsafe Label(
                name: text(fields.pointee.key, "", "key"),
                value: text(fields.pointee.value, "", "value"))
        }
        let isSorted = zip(pairs, pairs.dropFirst()).allSatisfy { precedes($0, $1) }
        if isSorted { return pairs }
        var sorted: [Label] = []
        for (_, pair) in pairs.enumerated().sorted(by: inOrder) {
            if let last = sorted.last, last.name.utf8.elementsEqual(pair.name.utf8) {
                sorted.removeLast()
            }
            sorted.append(pair)
        }
        return sorted
    }

    /// By name, then in the order they came in.
    private static func inOrder(
        _ left: EnumeratedSequence<[Label]>.Element, _ right: EnumeratedSequence<[Label]>.Element
    ) -> Bool {
        if precedes(left.element, right.element) { return true }
        if precedes(right.element, left.element) { return false }
        return left.offset < right.offset
    }

    private static func precedes(_ left: Label, _ right: Label) -> Bool {
        left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }

    /// What is wrong with pairs that a client gave, every pair of it.
    static func faults(
        of labels: [Label], _ name: String, _ limits: CodecLimits
    ) -> [CodecFailure.Fault] {
        var faults: [CodecFailure.Fault] = []
        if labels.count > limits.labels {
            faults.append(.init(field: name, reason: .tooMany(limit: limits.labels)))
        }
        for label in labels {
            let field = "\(name)[\(cut(label.name, to: limits.labelNameBytes))]"
            if label.name.isEmpty { faults.append(.init(field: field, reason: .unset)) }
            if label.name.utf8.count > limits.labelNameBytes {
                faults.append(.init(field: field, reason: .tooLong(limit: limits.labelNameBytes)))
            }
            if label.value.utf8.count > limits.labelValueBytes {
                faults.append(
                    .init(field: field, reason: .tooLong(limit: limits.labelValueBytes)))
            }
            if faults.count >= 100 { break }
        }
        return faults
    }
}
