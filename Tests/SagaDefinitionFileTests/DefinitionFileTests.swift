import SagaDefinitionFile
import SagaModel
import Testing

/// The definition of an order with every kind of step, as a file writes it.
enum OrderFile {
    static let yaml = """
        name: order
        version: 3
        timeout: 1h
        output: ship#
        steps:
          - { name: reserve, handler: inventory.reserve }
          - { name: charge, handler: payments.charge, retry: { maxAttempts: 5 }, timeouts: { startToClose: 10s } }
          - { name: ship, handler: shipping.book, pivot: true }
          - { name: confirm, handler: mail.confirm, onFailure: continue, when: { ref: input#/notify, equals: true },
              input: { to: input#/customer, tracking: ship#/trackingNumber } }
        """

    static let json = """
        {"name": "order", "version": 3, "timeout": "1h", "output": "ship#", "steps": [
          {"name": "reserve", "handler": "inventory.reserve"},
          {"name": "charge", "handler": "payments.charge",
           "retry": {"maxAttempts": 5}, "timeouts": {"startToClose": "10s"}},
          {"name": "ship", "handler": "shipping.book", "pivot": true},
          {"name": "confirm", "handler": "mail.confirm", "onFailure": "continue",
           "when": {"ref": "input#/notify", "equals": true},
           "input": {"to": "input#/customer", "tracking": "ship#/trackingNumber"}}]}
        """

    /// With every key that there is.
    static let everything = """
        # every key
        name: "everything"
        version: 4294967295
        timeout: 1h30m
        output:
          a: input#
          b: first#/x
        compensation: { onFailure: continue }
        retention: 0s
        keyRetention: 1d
        steps:
          - name: first
            handler: group.verb
            after: []
            compensation: none
            pivot: false
            retry: &often
              maxAttempts: 7
              initial: 50ms
              multiplier: 1.5
              max: 2m
              jitter: 0
              nonRetryableCodes: [gone, "404"]
            compensationRetry: *often
            timeouts:
              scheduleToStart: 1s
              startToClose: 2s
              scheduleToClose: 3s
              heartbeat: 4ms
            onFailure: compensate
            when:
              ref: input#/a~1b
              exists: false
            delay: 5s
            input: input#/x
          - name: second
            saga: payment@2
            compensation: handler
          - name: third
            saga: payment
        """

    static var definition: SagaDefinition {
        var definition = SagaDefinition(
            name: "order", version: 3,
            steps: [
                StepDefinition(name: "reserve", work: .handler("inventory.reserve")),
                StepDefinition(name: "charge", work: .handler("payments.charge")),
                StepDefinition(name: "ship", work: .handler("shipping.book")),
                StepDefinition(name: "confirm", work: .handler("mail.confirm")),
            ],
            timeout: .seconds(3600),
            output: .reference(Reference(source: "ship", pointer: "")))
        definition.steps[1].retry = RetryPolicy(maxAttempts: 5)
        definition.steps[1].timeouts = StepTimeouts(startToClose: .seconds(10))
        definition.steps[2].isPivot = true
        definition.steps[3].onFailure = .continue
        definition.steps[3].when = Condition(
            reference: Reference(source: "input", pointer: "/notify"), test: .equals("true"))
        definition.steps[3].input = .map([
            "to": Reference(source: "input", pointer: "/customer"),
            "tracking": Reference(source: "ship", pointer: "/trackingNumber"),
        ])
        return definition
    }

    /// By the rules of all releases: what this one does not run yet is no fault here.
    static func read(
        _ text: String, file: String = "order.yaml"
    ) throws(DefinitionFileError) -> SagaDefinition {
        try DefinitionFile.source(text, file: file) { $0.ruleFaults() }.definition
    }
}

@Suite struct DefinitionFileTests {
    @Test func yamlAndJSONGiveTheSameDefinition() throws {
        #expect(try OrderFile.read(OrderFile.yaml) == OrderFile.definition)
        #expect(try OrderFile.read(OrderFile.json) == OrderFile.definition)
        #expect(try OrderFile.read(OrderFile.json, file: "order.json") == OrderFile.definition)
        #expect(try OrderFile.read("\u{FEFF}" + OrderFile.yaml) == OrderFile.definition)
        let windows = OrderFile.yaml.split(separator: "\n").joined(separator: "\r\n")
        #expect(try OrderFile.read(windows) == OrderFile.definition)
    }

    @Test func blockStyleAnchorsAndEveryKeyAreRead() throws {
        let definition = try OrderFile.read(OrderFile.everything)
        let retry = RetryPolicy(
            maxAttempts: 7, initial: .milliseconds(50), multiplier: 1.5, max: .seconds(120),
            jitter: 0, nonRetryableCodes: ["gone", "404"])
        var first = StepDefinition(name: "first", work: .handler("group.verb"))
        first.after = []
        first.isCompensated = false
        first.isPivot = false
        first.retry = retry
        first.compensationRetry = retry
        first.timeouts = StepTimeouts(
            scheduleToStart: .seconds(1), startToClose: .seconds(2), scheduleToClose: .seconds(3),
            heartbeat: .milliseconds(4))
        first.onFailure = .compensate
        first.when = Condition(
            reference: Reference(source: "input", pointer: "/a~1b"), test: .exists(false))
        first.delay = .seconds(5)
        first.input = .reference(Reference(source: "input", pointer: "/x"))
        var second = StepDefinition(name: "second", work: .saga(name: "payment", version: 2))
        second.isCompensated = true
        let third = StepDefinition(name: "third", work: .saga(name: "payment", version: nil))
        #expect(
            definition
                == SagaDefinition(
                    name: "everything", version: .max, steps: [first, second, third],
                    timeout: .seconds(5_400),
                    output: .map([
                        "a": Reference(source: "input", pointer: ""),
                        "b": Reference(source: "first", pointer: "/x"),
                    ]),
                    onCompensationFailure: .continue, retention: .zero,
                    keyRetention: .seconds(86_400)))
        #expect(try OrderFile.read(DefinitionFile.write(definition)) == definition)
    }

    static let comparisons: [(String, String)] = [
        ("true", "true"), ("false", "false"), ("null", "null"), ("1", "1"), ("1.0", "1.0"),
        ("-0.50e+3", "-0.50e+3"), ("9007199254740993123", "9007199254740993123"),
        ("abc", "\"abc\""), ("\"true\"", "\"true\""), ("'1'", "\"1\""),
        ("\"a\\u00e4\\n\\\"\"", "\"a\u{E4}\\n\\\"\""), ("\u{1F680}", "\"\u{1F680}\""),
        ("[1, {b: 2.50, a: null}]", "[1,{\"a\":null,\"b\":2.50}]"), ("{}", "{}"),
        ("\"\"", "\"\""), ("\"\\u2028\\u007f\\u0001\"", "\"\u{2028}\u{7F}\\u0001\""),
    ]

    static func comparing(_ yaml: String) -> String {
        """
        name: a
        version: 1
        steps: [{ name: b, handler: c.d, when: { ref: input#, notEquals: \(yaml) } }]
        """
    }

    @Test(arguments: comparisons)
    func conditionsCompareWithJSONAsWritten(yaml: String, json: String) throws {
        let definition = try OrderFile.read(Self.comparing(yaml))
        #expect(definition.steps[0].when?.test == .notEquals(json))
        #expect(try OrderFile.read(DefinitionFile.write(definition)) == definition)
    }

    @Test func onlyWhatIsWrittenIsWrittenBack() throws {
        #expect(
            DefinitionFile.write(OrderFile.definition) == """
                name: order
                version: 3
                timeout: 1h
                output: ship#
                steps:
                  - name: reserve
                    handler: inventory.reserve
                  - name: charge
                    handler: payments.charge
                    retry: { maxAttempts: 5 }
                    timeouts: { startToClose: 10s }
                  - name: ship
                    handler: shipping.book
                    pivot: true
                  - name: confirm
                    handler: mail.confirm
                    onFailure: continue
                    when: { ref: input#/notify, equals: true }
                    input: { to: input#/customer, tracking: ship#/trackingNumber }

                """)
        let filled = DefinitionDefaults.fill(OrderFile.definition)
        for definition in [OrderFile.definition, filled] {
            #expect(try OrderFile.read(DefinitionFile.write(definition)) == definition)
        }
    }

    @Test func namesThatOtherReadersTakeForSomethingElseAreQuoted() throws {
        var definition = OrderFile.definition
        let names = ["no", "y", "on", "null", "true", "a-1"]
        definition.output = nil
        definition.steps = names.map {
            StepDefinition(name: $0, work: .handler("\($0).verb"))
        }
        definition.steps[5].after = ["no", "null"]
        definition.steps[5].retry = RetryPolicy(nonRetryableCodes: [
            "404", "1e3", "a: b", "- x", "#", "", "~", "\u{85}", "2020-01-01", "it's", "<<",
        ])
        definition.steps[5].timeouts = StepTimeouts()
        definition.steps[5].compensationRetry = RetryPolicy(nonRetryableCodes: [])
        definition.steps[4].input = .map([
            "": Reference(source: "input", pointer: "/a b"),
            "1": Reference(source: "no", pointer: "/{x}, [y]"),
        ])
        definition.steps[3].input = .map([:])
        let text = DefinitionFile.write(definition)
        #expect(text.contains("- name: \"no\"\n"))
        let read = try DefinitionFile.source(text, file: "x") { _ in [] }.definition
        #expect(read == definition)
    }

    @Test func placesOfStepsAndFieldsAreKept() throws {
        let source = try DefinitionFile.source(OrderFile.yaml, file: "order.yaml") { _ in [] }
        #expect(source.file == "order.yaml")
        #expect(source.definition == OrderFile.definition)
        #expect(source.location(ofStep: 1) == SourceLocation(line: 7, column: 5))
        #expect(source.location(ofStep: 3)?.line == 9)
        #expect(source.location(ofStep: 4) == nil)
        let handler = DefinitionPath.step(3).field(.handler)
        #expect(source.location(of: handler) == SourceLocation(line: 9, column: 31))
        let unwritten = DefinitionPath.step(1).field(.retry).field(.jitter)
        #expect(source.location(of: unwritten) == SourceLocation(line: 7, column: 54))
    }

    @Test func aWholeFileIsRead() throws {
        let definition = try DefinitionFile.read(OrderFile.yaml, file: "order.yaml")
        #expect(definition == OrderFile.definition)
    }
}
