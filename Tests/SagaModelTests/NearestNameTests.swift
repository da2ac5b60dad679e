import SagaModel
import Testing

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("", "", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("abc", "abc", 0),
        ("ordr", "order", 1),
        ("order", "orders", 1),
        ("oredr", "order", 1),
        ("kitten", "sitting", 3),
        ("ca", "abc", 3),
    ])
    func distanceCountsEditsAndSwaps(left: String, right: String, expected: Int) {
        #expect(NearestName.distance(Array(left.utf8), Array(right.utf8)) == expected)
        #expect(NearestName.distance(Array(right.utf8), Array(left.utf8)) == expected)
    }

    @Test(arguments: [
        ("ordr", ["order", "orders", "transfer"], ["order", "orders"]),
        ("maxAtempts", ["maxAttempts", "initial", "max"], ["maxAttempts"]),
        ("maxattempts", ["maxAttempts"], ["maxAttempts"]),
        ("mail.confirm", ["mail.confirmation", "payments.charge"], ["mail.confirmation"]),
        ("mail.confirmatoin", ["mail.confirmation", "payments.charge"], ["mail.confirmation"]),
        (
            "payment.charge", ["payments.charge", "payments.change"],
            ["payments.charge", "payments.change"]
        ),
        ("zzz", ["order", "transfer"], []),
        ("a", ["b", "c"], []),
        ("order", ["order"], []),
        ("", ["a"], []),
        ("steb", ["step", "stem", "stew", "stet"], ["stem", "step", "stet"]),
        ("steb", ["step", "step"], ["step"]),
    ])
    func candidatesAreNearestFirst(name: String, known: [String], expected: [String]) {
        #expect(NearestName.candidates(for: name, among: known) == expected)
        #expect(NearestName.candidate(for: name, among: known) == expected.first)
    }

    @Test func aSearchAmongMoreThanItMayCompareEnds() {
        let name = String(repeating: "a", count: 200)
        let others = (0..<1_000).map { _ in String(repeating: "b", count: 200) }
        let near = String(name.dropLast()) + "b"
        #expect(NearestName.candidates(for: name, among: [near] + others) == [near])
        #expect(NearestName.candidates(for: name, among: others + [near]) == [])
    }

    @Test func longNamesAreNotCompared() {
        let long = String(repeating: "a", count: NearestName.longestCompared + 1)
        #expect(NearestName.candidates(for: long, among: [long + "b", "a"]) == [])
        #expect(NearestName.candidates(for: String(long.dropLast()), among: [long]) == [])
        let longest = String(long.dropLast())
        #expect(NearestName.candidate(for: longest, among: [longest.dropLast() + "b"]) != nil)
    }
}
