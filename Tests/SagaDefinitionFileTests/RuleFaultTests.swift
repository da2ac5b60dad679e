import SagaDefinitionFile
import SagaModel
import Testing

/// Every rule of definitions, as whoever wrote the file is told of it: file, line, column, what is
/// wrong and what would be right.
@Suite struct RuleFaultTests {
    private static let head = "name: order\nversion: 3\nsteps:\n"
    private static let sound =
        "  - { name: a, handler: g.a }\n  - { name: b, handler: g.b }\n"

    /// A definition with two sound steps, then the given lines.
    private static func steps(_ lines: String) -> String { head + sound + lines }

    /// The same with a third step that has these fields, and a fourth.
    private static func third(_ fields: String, then more: String? = nil) -> String {
        let fourth = more.map { "\n  - { name: d, handler: g.d, \($0) }" } ?? ""
        return steps("  - { name: c, handler: g.c, \(fields) }\(fourth)")
    }

    private static func list(_ count: Int, _ text: (Int) -> String) -> String {
        (0..<count).map(text).joined(separator: ", ")
    }

    private static let code = String(repeating: "c", count: 129)
    private static let long = String(repeating: "x", count: 1_025)

    /// Texts, and their faults without the name of the file.
    static let rules: [(text: String, faults: [String])] = [
        (
            "name: Order\nversion: 0\nsteps: []\n",
            [
                "1:7: error: name \"Order\" is not a name; write a letter a-z, then up to 62 "
                    + "of a-z, 0-9 and -",
                "2:10: error: version is 0; versions begin at 1",
                "3:8: error: steps is empty; a definition has at least one step",
            ]
        ),
        (
            "name: order\nversion: 3\ntimeout: 0s\nretention: 3651d\nsteps:\n" + sound,
            [
                "3:10: error: timeout is 0s; it must be longer than that",
                "4:12: error: retention is 3651d; at most 3650d",
            ]
        ),
        (
            steps("  - { name: C, handler: g.c }"),
            [
                "6:13: error: step 3: name \"C\" is not a name; write a letter a-z, then up "
                    + "to 62 of a-z, 0-9 and -"
            ]
        ),
        (
            steps("  - { name: input, handler: g.c }"),
            [
                "6:13: error: step input: the name input is reserved for the saga's input; "
                    + "take another"
            ]
        ),
        (
            steps("  - { name: a, handler: g.c }"),
            [
                "6:13: error: step a: step 1 has this name already; names are unique"
            ]
        ),
        (
            steps("  - { name: c, handler: charge }"),
            [
                "6:25: error: step c: handler \"charge\" is not a handler's name; write two "
                    + "to four names joined by dots, e.g. payments.charge"
            ]
        ),
        (
            steps("  - { name: c, saga: Child@0 }"),
            [
                "6:22: error: step c: saga \"Child\" is not a name; write a letter a-z, then "
                    + "up to 62 of a-z, 0-9 and -",
                "6:22: error: step c: saga has the version 0; versions begin at 1",
            ]
        ),
        (
            steps("  - { name: c, saga: order }"),
            [
                "6:22: error: step c: saga names the definition itself; a saga cannot "
                    + "contain itself"
            ]
        ),
        (
            steps("  - { name: c, saga: order@3 }"),
            [
                "6:22: error: step c: saga names the definition itself; a saga cannot "
                    + "contain itself"
            ]
        ),
        (
            steps("  - { name: c, saga: d, timeouts: { heartbeat: 1s, scheduleToClose: 1s } }"),
            [
                "6:48: error: step c: heartbeat has no effect on a child saga; of the "
                    + "timeouts only scheduleToClose has"
            ]
        ),
        (
            third("after: [a, bb, a]"),
            [
                "6:41: error: step c: after names bb, which is no step; did you mean b?",
                "6:45: error: step c: after names a twice",
            ]
        ),
        (
            third("after: [c]"),
            [
                "6:5: error: cycle c -> c; drop one \"after\""
            ]
        ),
        (
            third("retry: { maxAttempts: 0, multiplier: 0.5, jitter: 2 }"),
            [
                "6:52: error: step c: retry.maxAttempts is 0; it must be at least 1",
                "6:67: error: step c: retry.multiplier is 0.5; it must be at least 1",
                "6:80: error: step c: retry.jitter is 2.0; it must be between 0 and 1",
            ]
        ),
        (
            third("retry: { initial: 2m }"),
            [
                "6:48: error: step c: retry.max 30s (the default) is shorter than "
                    + "retry.initial 2m"
            ]
        ),
        (
            third("compensationRetry: { max: 100ms }"),
            [
                "6:56: error: step c: compensationRetry.max 100ms is shorter than "
                    + "compensationRetry.initial 200ms (the default)"
            ]
        ),
        (
            third("retry: { nonRetryableCodes: [\"\", \(code)] }"),
            [
                "6:59: error: step c: retry.nonRetryableCodes lists an empty code",
                "6:63: error: step c: retry.nonRetryableCodes lists a code of 129 bytes; at "
                    + "most 128",
            ]
        ),
        (
            third("retry: { nonRetryableCodes: [\(list(101) { "c\($0)" })] }"),
            [
                "6:58: error: step c: retry.nonRetryableCodes lists 101 codes; at most 100"
            ]
        ),
        (
            third(
                "timeouts: { scheduleToStart: 0s, startToClose: 0s, "
                    + "scheduleToClose: 0s, heartbeat: 0s }"),
            [
                "6:59: error: step c: scheduleToStart is 0s; it must be longer than that",
                "6:77: error: step c: startToClose is 0s; it must be longer than that",
                "6:98: error: step c: scheduleToClose is 0s; it must be longer than that",
                "6:113: error: step c: heartbeat is 0s; it must be longer than that",
            ]
        ),
        (
            third("delay: 9999d"),
            [
                "6:37: error: step c: delay is 9999d; at most 3650d"
            ]
        ),
        (
            third(
                "pivot: true",
                then: "pivot: true"),
            [
                "7:37: error: step d: step c is the pivot already; a definition has at most "
                    + "one"
            ]
        ),
        (
            third("pivot: true, onFailure: continue"),
            [
                "6:54: error: step c: onFailure: continue on the pivot; the pivot is not "
                    + "optional"
            ]
        ),
        (
            third("pivot: true, after: [a]"),
            [
                "5:5: error: step b: runs beside the pivot c; let it come before or after it"
            ]
        ),
        (
            third(
                "pivot: true, compensation: handler",
                then: "compensation: handler"),
            [
                "6:57: error: step c: compensation on the pivot, from where there is no way "
                    + "back; leave it out",
                "7:44: error: step d: compensation on a step after the pivot, from where "
                    + "there is no way back; leave it out",
            ]
        ),
        (
            third(
                "input: d#",
                then: "input: { x: c#y, z: input#/~2, w: bb# }"),
            [
                "6:37: error: step c: input names d, which does not run before it",
                "7:42: error: step d: input.x \"c#y\" is not a reference; write / behind the "
                    + "#",
                "7:50: error: step d: input.z \"input#/~2\" is not a reference; write ~0 for "
                    + "~ and ~1 for /",
                "7:64: error: step d: input.w names bb, which is no step; did you mean b?",
            ]
        ),
        (
            third("when: { ref: c#, exists: true }"),
            [
                "6:43: error: step c: when.ref names c, which does not run before it"
            ]
        ),
        (
            third("when: { ref: input#/\(long), equals: \(long) }"),
            [
                "6:43: error: step c: when.ref has 1032 bytes; at most 1024",
                "6:1085: error: step c: when.equals has 1027 bytes; at most 1024",
            ]
        ),
        (
            third("input: { \(list(101) { "n\($0): input#" }) }"),
            [
                "6:37: error: step c: input has 101 members; at most 100"
            ]
        ),
        (
            third("input: { ? \(long) : input# }"),
            [
                "6:1069: error: step c: "
                    + "input.\"\(long.prefix(80))..\" "
                    + "has 1025 bytes; at most 1024"
            ]
        ),
        (
            "name: order\nversion: 3\noutput: { v: cc#, w: a#b }\nsteps:\n" + sound,
            [
                "3:14: error: output.v names cc, which is no step",
                "3:22: error: output.w \"a#b\" is not a reference; write / behind the #",
            ]
        ),
        (
            head + (0..<1_001).map { "  - { name: s\($0), handler: g.s }\n" }.joined(),
            [
                "4:3: error: 1001 steps are too many; at most 1000"
            ]
        ),
        (
            head + (0..<101).map { "  - { name: s\($0), handler: g.s, after: [] }\n" }.joined()
                + (0..<100).map {
                    "  - { name: t\($0), handler: g.t, after: [\(list(101) { "s\($0)" })] }\n"
                }.joined(),
            [
                "4:3: error: all \"after\" together name 10100 steps; at most 10000"
            ]
        ),
    ]

    @Test(arguments: rules.indices) func rule(_ place: Int) {
        let (text, expected) = Self.rules[place]
        var found: [String] = []
        do {
            _ = try DefinitionFile.read(text, file: "order.yaml")
        } catch {
            found = error.faults.map { "\($0)" }
        }
        #expect(found == expected.map { "order.yaml:\($0)" })
    }
}
