import Testing

@testable import SagaEngine

struct IdentityTableTests {
    /// Keys whose bits meet at few places: whatever is multiplied, many stand side by side.
    private struct Key: IdentityTableKey, Hashable {
        let number: UInt64
        var bits: UInt64 { number % 7 }
    }

    private struct Element: IdentityTableElement, Equatable {
        let tableKey: Key
        let value: UInt64
    }

    /// Compared with a dictionary, over random calls; keys that collide and keys that do not.
    @Test(arguments: UInt64(1)...20)
    func isLikeADictionary(_ seed: UInt64) {
        var random = Randomness(seed: seed)
        var table = IdentityTable<Element>()
        var model: [Key: Element] = [:]
        for value in UInt64(0)..<2_000 {
            let key = Key(number: random.next() % 120)
            if random.next() % 5 < 3 {
                let element = Element(tableKey: key, value: value)
                #expect(table.insert(element) == (model[key] == nil))
                if model[key] == nil { model[key] = element }
            } else {
                #expect(table.remove(key) == model.removeValue(forKey: key))
            }
            #expect(table.count == model.count)
            #expect(table[key] == model[key])
        }
        let all = table.all.map(\.tableKey.number).sorted()
        #expect(all == model.keys.map(\.number).sorted())
        for number in UInt64(0)..<120 {
            #expect(table[Key(number: number)] == model[Key(number: number)])
        }
    }
}
