import SagaDefinitionFile
import SagaModel
import Testing

@Suite struct DefinitionFileFaultTests {
    /// The faults of a text, one a line, without the name of the file; empty for none.
    static func faults(_ text: String, file: String = "f") -> String {
        do {
            _ = try OrderFile.read(text, file: file)
            return ""
        } catch {
            return error.faults.map { "\($0.line):\($0.column): \($0.message)" }
                .joined(separator: "\n")
        }
    }

    @Test func faultsAreToldAsPeopleSeeThem() {
        let text = """
            name: order
            version: 3
            timeout: 1h
            output: ship#
            steps:
              - { name: reserve, handler: inventory.reserve }
              - { name: charge, handler: payments.charge, retry: { maxAtempts: 5 }, timeouts: { startToClose: 10 sec } }
              - { name: ship, handler: shipping.book, after: [confirm] }
              - { name: confirm, handler: mail.confirm }
            """
        let error = #expect(throws: DefinitionFileError.self) {
            try OrderFile.read(text, file: "order.yaml")
        }
        #expect(
            error.map { "\($0)" } == """
                order.yaml:7:56: error: step charge: unknown key maxAtempts; did you mean maxAttempts?
                order.yaml:7:99: error: step charge: startToClose "10 sec" is not a duration; write 10s (ms s m h d)
                order.yaml:8:5: error: cycle ship -> confirm -> ship; drop one "after"
                """)
    }

    @Test func faultsOfReadingAndOfRulesComeTogetherAndOnce() {
        let text = """
            nmae: Order
            version: three
            steps:
              - handler: a.b
              - { name: b, handler: c, pivot: yes, retry: { multiplier: 0.5, max: soon } }
              - { name: b }
              - step d
              - { name: e, handler: e.e, after: [x] }
            """
        #expect(
            Self.faults(text) == """
                1:1: unknown key nmae; did you mean name?
                1:7: name "Order" is not a name; write a letter a-z, then up to 62 of a-z, 0-9 and -
                2:10: version "three" is not a whole number from 0 to 4294967295
                4:5: step 1: name is missing; write e.g. name: charge
                5:25: step b: handler "c" is not a handler's name; write two to four names joined by dots, e.g. payments.charge
                5:35: step b: pivot is yes; write true or false
                5:61: step b: retry.multiplier is 0.5; it must be at least 1
                5:71: step b: retry.max "soon" is not a duration; write e.g. 10s (ms s m h d)
                6:5: step b: handler is missing; write e.g. handler: payments.charge
                6:13: step b: step 2 has this name already; names are unique
                7:5: step 4: a step must be a mapping such as { name: charge, handler: payments.charge }
                """)
    }

    /// A definition with one step, whose fields are given.
    static func step(_ fields: String) -> String {
        "name: a\nversion: 1\nsteps:\n- {name: b,handler: c.d,\(fields)}"
    }

    static let stepFaults: [(String, String)] = [
        (
            "foo: 1",
            "25: step b: unknown key foo; known are name, handler, saga, after, "
                + "compensation, pivot, retry, compensationRetry, timeouts, onFailure, when, delay, input"
        ),
        (
            "\"a\\nb\": 1",
            "25: step b: unknown key \"a\\nb\"; known are name, handler, saga, after, "
                + "compensation, pivot, retry, compensationRetry, timeouts, onFailure, when, delay, input"
        ),
        ("<<: {}", "25: step b: merge keys (<<) are not read; write the keys out"),
        ("[x]: 1", "25: step b: a key must be text"),
        ("delay: ", "32: step b: delay has no value; write one or leave the key out"),
        ("delay: ~", "32: step b: delay has no value; write one or leave the key out"),
        ("delay: 30", "32: step b: delay \"30\" is not a duration; write 30s (ms s m h d)"),
        ("delay: 1 Hour", "32: step b: delay \"1 Hour\" is not a duration; write 1h (ms s m h d)"),
        ("delay: [1s]", "32: step b: delay must be a duration; write e.g. 10s (ms s m h d)"),
        ("pivot: True", "32: step b: pivot is True; write true or false"),
        ("pivot: \"true\"", "32: step b: pivot is true; write true or false"),
        ("pivot: {}", "32: step b: pivot must be a boolean; write true or false"),
        ("saga: e", "31: step b: a step has handler or saga, not both"),
        ("after: c", "32: step b: after must be a list of names, e.g. [a, b]"),
        ("after: [no]", "33: step b: after is no, true or false to YAML; write \"no\""),
        ("after: [Y]", "33: step b: after is Y, true or false to YAML; write \"Y\""),
        ("after: [1]", "33: step b: after is the number 1; write \"1\""),
        ("after: [~]", "33: step b: after has no value"),
        (
            "after: [2020-01-01]",
            "33: step b: after 2020-01-01 is not text to YAML; write it in quotes"
        ),
        ("after: [{}]", "33: step b: after must be text"),
        ("after: !!set {a}", "32: step b: after must be a list of names, e.g. [a, b]"),
        ("compensation: nope", "39: step b: compensation is nope; write none or handler"),
        ("compensation: {}", "39: step b: compensation must be none or handler"),
        ("onFailure: stop", "36: step b: onFailure is stop; write compensate or continue"),
        ("retry: 5", "32: step b: retry must be a mapping such as { maxAttempts: 5 }"),
        ("retry: !!set {a}", "32: step b: retry must be a mapping such as { maxAttempts: 5 }"),
        (
            "retry: {maxAttempts: \"5\"}",
            "46: step b: retry.maxAttempts \"5\" is not a whole number "
                + "from 0 to 4294967295"
        ),
        (
            "retry: {maxAttempts: 010}",
            "46: step b: retry.maxAttempts \"010\" is not a whole number "
                + "from 0 to 4294967295"
        ),
        (
            "retry: {maxAttempts: 4294967296}",
            "46: step b: retry.maxAttempts \"4294967296\" is not a "
                + "whole number from 0 to 4294967295"
        ),
        ("retry: {maxAttempts: 0}", "46: step b: retry.maxAttempts is 0; it must be at least 1"),
        (
            "retry: {jitter: .inf}",
            "41: step b: retry.jitter \".inf\" is not a number; write e.g. 2 or 0.5"
        ),
        (
            "retry: {multiplier: 1_0}",
            "45: step b: retry.multiplier \"1_0\" is not a number; "
                + "write e.g. 2 or 0.5"
        ),
        (
            "retry: {nonRetryableCodes: [404]}",
            "53: step b: retry.nonRetryableCodes is the number 404; "
                + "write \"404\""
        ),
        ("timeouts: 5s", "35: step b: timeouts must be a mapping such as { startToClose: 10s }"),
        (
            "timeouts: {startToClose: 0s}",
            "50: step b: startToClose is 0s; it must be longer than that"
        ),
        (
            "input: x",
            "32: step b: input \"x\" is not a reference; write input# or STEP#, "
                + "then a JSON Pointer, e.g. input#/customer"
        ),
        (
            "input: [x#]",
            "32: step b: input must be a reference or a map of names to references, "
                + "e.g. { to: input#/customer }"
        ),
        ("input: {a: inptu#}", "36: step b: input.a names inptu, which is no step"),
        ("input: {1: input#}", "33: step b: a name is the number 1; write \"1\""),
        (
            "when: true",
            "31: step b: when must be a mapping such as "
                + "{ ref: input#/notify, equals: true }"
        ),
        ("when: {equals: 1}", "31: step b: when.ref is missing; write e.g. ref: input#/notify"),
        ("when: {ref: input#}", "31: step b: when has exactly one of equals, notEquals, exists"),
        (
            "when: {ref: input#, equals: 1, exists: true}",
            "31: step b: when has exactly one of equals, notEquals, exists"
        ),
        ("when: {ref: input#, exists: 1}", "53: step b: when.exists is 1; write true or false"),
        (
            "when: {ref: input#, equals: yes}",
            "53: step b: when.equals is yes; write true or false, or \"yes\" for text"
        ),
        (
            "when: {ref: input#, equals: 0x10}",
            "53: step b: when.equals 0x10 is a number to YAML and "
                + "not to JSON; write it plainly, or in quotes for text"
        ),
        (
            "when: {ref: input#, equals: Null}",
            "53: step b: when.equals is Null; write null, or quotes for text"
        ),
        (
            "when: {ref: input#, exists: }",
            "53: step b: when.exists has no value; write one or leave the key out"
        ),
        (
            "when: {ref: input#, equals: [~]}",
            "54: step b: when.equals is \"~\"; write null, or quotes for text"
        ),
        (
            "when: {ref: input#, equals: [2020-01-01]}",
            "54: step b: when.equals 2020-01-01 is neither text nor number; write it in quotes"
        ),
        (
            "when: {ref: input#, equals: !!set {a}}",
            "53: step b: when.equals has a tag; write a JSON value"
        ),
    ]

    @Test(arguments: stepFaults)
    func oneFaultOfAStep(fields: String, expected: String) {
        #expect(Self.faults(Self.step(fields)) == "4:" + expected)
    }

    static let fileFaults: [(String, String)] = [
        ("", "1:1: the file is empty; a definition has name, version and steps"),
        ("# nothing", "1:1: the file is empty; a definition has name, version and steps"),
        ("- a", "1:1: a definition is a mapping with name, version and steps"),
        (
            "name: a",
            """
            1:1: version is missing; write e.g. version: 1
            1:1: steps is missing; a definition has at least one step
            """
        ),
        ("name: a\nversion: 1\nsteps: {}", "3:8: steps must be a list of steps"),
        (
            "name: a\nversion: 1\nsteps: []",
            "3:8: steps is empty; a definition has at least one step"
        ),
        (
            "name: a\nversion: 0\nsteps: [{name: b, saga: c@}]",
            """
            2:10: version is 0; versions begin at 1
            3:25: step b: saga "c@" has no version behind the @; write NAME@1 or NAME
            """
        ),
        (
            "compensation: none\nname: a\nversion: 1\nsteps: [{name: b, handler: c.d}]",
            "1:15: compensation must be a mapping such as { onFailure: continue }"
        ),
        (
            "name: a\nversion: 1\nsteps:\n\t- b",
            "4:1: a tab stands here; YAML is indented with spaces"
        ),
        (
            "name: a\nsteps: [\n",
            "3:1: this is not YAML: did not find expected node content "
                + "(while parsing a flow node that begins at 3:1)"
        ),
        ("name: *a", "1:7: this is not YAML: found undefined alias"),
        ("name: a\n---\nname: b", "2:1: a second document begins here; a file holds one"),
        ("name: \u{E4}\u{1}", "1:8: this is not YAML: control characters are not allowed (U+1)"),
        (
            "# a\u{2028}b\nname: \u{85}",
            """
            1:4: a line break that only YAML 1.1 knows; write it as \\u2028 in double quotes
            2:7: a line break that only YAML 1.1 knows; write it as \\u0085 in double quotes
            """
        ),
        (
            "\u{FEFF}a: \u{FEFF}\nb: \"\\uFEFF\\\\u\"\nc: \"\\U0000feff\"",
            """
            1:4: a byte order mark (U+FEFF) stands only at the beginning of a file
            2:5: a byte order mark (U+FEFF) stands only at the beginning of a file
            3:5: a byte order mark (U+FEFF) stands only at the beginning of a file
            """
        ),
    ]

    @Test(arguments: fileFaults)
    func oneFaultOfAFile(text: String, expected: String) {
        #expect(Self.faults(text) == expected)
    }

    @Test func repeatedKeysAreToldWithAllOtherFaults() {
        let text = """
            name: a
            "name": b
            version: 1
            name: c
            steps:
              - { name: b, handler: c.d, 'delay': 1s, delay: x }
              - { handler: c.e, name: d, delay: 1s, "": 1, delay: 2s,
                  input: { x: input#, z: input#, x: input# } }
            versoin: 2
            """
        #expect(
            Self.faults(text) == """
                2:1: key name is written again; first in line 1
                4:1: key name is written again; first in line 1
                6:43: step b: key delay is written again; first in line 6
                6:50: step b: delay "x" is not a duration; write e.g. 10s (ms s m h d)
                7:41: step d: unknown key ""; known are name, handler, saga, after, compensation, pivot, retry, compensationRetry, timeouts, onFailure, when, delay, input
                7:48: step d: key delay is written again; first in line 7
                8:38: step d: key x is written again; first in line 8
                9:1: unknown key versoin; did you mean version?
                """)
        let lines = ["# a", "", "name: a", "version: 1", "name: b", "steps: []"]
        for end in ["\n", "\r\n", "\r"] {
            #expect(
                Self.faults(lines.joined(separator: end)) == """
                    5:1: key name is written again; first in line 3
                    6:8: steps is empty; a definition has at least one step
                    """)
        }
        #expect(Self.faults("\"\": 1\n\"\": 2") == "1:1: key \"\" is written more than once")
        #expect(Self.faults("? [a]\n: 1\n? [a]\n: 2").hasSuffix("3:3: a key must be text"))
    }

    static let jsonFaults: [(String, String)] = [
        ("{\"name\": \"a\",}", "1:14: this is not JSON: this cannot stand here"),
        ("{\r\n\r\"a\": nul}", "3:9: this is not JSON: this cannot stand here"),
        ("name: a", "1:2: this is not JSON: this cannot stand here"),
        ("{\"name\": \"\u{E4}\",\n \"b\": nul}", "2:10: this is not JSON: this cannot stand here"),
        ("{\"name\": \"a\"", "1:13: this is not JSON: the text ends too early"),
        ("{\"name\": \"\\ud800\"}", "1:11: this is not JSON: this escape is half of a character"),
        (String(repeating: "[", count: 200), "1:129: this is not JSON: more than 128 levels"),
        (
            "{\"name\": \"a\", \"version\": 1, \"name\": \"b\", \"steps\": []}",
            """
            1:29: key name is written again; first in line 1
            1:51: steps is empty; a definition has at least one step
            """
        ),
    ]

    @Test(arguments: jsonFaults)
    func strictJSON(text: String, expected: String) {
        #expect(Self.faults(text, file: "f.JSON") == expected)
    }

    @Test func hostileTextsAreFaultsAndDoNotCrash() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(Self.faults(deep).contains("this is not YAML"))
        let depth = 900
        let nested =
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(
            Self.faults(nested) == "1:1: a definition is a mapping with name, version and steps")
        // Each anchor doubles the one before: endless if it were written out.
        let doubled = (1...40).map { "x\($0): &x\($0) [*x\($0 - 1), *x\($0 - 1)]" }
        let bomb = """
            x0: &x0 1
            \(doubled.joined(separator: "\n"))
            name: a
            version: 1
            steps: [{ name: b, handler: c.d, when: { ref: input#, equals: *x40 } }]
            """
        #expect(Self.faults(bomb).contains("step b: when.equals is too large"))
        let long = "#" + String(repeating: "x", count: 4 << 20)
        #expect(Self.faults(long) == "1:1: the file has 4194305 bytes; at most 4194304")
    }
}
