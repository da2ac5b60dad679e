import SagaModel
import Testing

@Suite struct DefinitionTextTests {
    @Test(arguments: [
        ("0s", Duration.zero), ("250ms", .milliseconds(250)), ("10s", .seconds(10)),
        ("1h30m", .seconds(5_400)), ("1d12h", .seconds(129_600)), ("1m0s", .seconds(60)),
        ("1s5ms", .milliseconds(1_005)), ("090s", .seconds(90)),
    ])
    func durationsAreRead(text: String, expected: Duration) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(arguments: [
        "", "10", "s", "10 s", "10 sec", "1.5s", "-1s", "+1s", "1m1h", "1s1s", "1S", "1us",
        "9223372036854775807d", "106751991167d1d", "99999999999999999999s", "1s ",
    ])
    func otherTextsAreNoDuration(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        ("0s", Duration.zero), ("1ms", .milliseconds(1)), ("1m30s", .seconds(90)),
        ("1h", .seconds(3_600)), ("30d", .seconds(2_592_000)), ("2s50ms", .milliseconds(2_050)),
    ])
    func durationsAreWrittenShort(text: String, duration: Duration) {
        #expect(DurationText.text(duration) == text)
        #expect(DurationText.parse(DurationText.text(duration)) == duration)
    }

    @Test(arguments: [
        ("order", true), ("a", true), ("a-1", true), ("order-", true), ("", false), ("1a", false),
        ("-a", false), ("Order", false), ("a_b", false), ("a.b", false), ("\u{E4}", false),
        (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false),
    ])
    func names(text: String, isName: Bool) {
        #expect(DefinitionNames.isName(text) == isName)
    }

    @Test(arguments: [
        ("a.b", true), ("payments.charge", true), ("a.b.c.d", true), ("a", false),
        ("a.b.c.d.e", false), ("a..b", false), (".a.b", false), ("a.b.", false), ("a.B", false),
    ])
    func handlers(text: String, isHandler: Bool) {
        #expect(DefinitionNames.isHandler(text) == isHandler)
    }

    @Test func pathsAreShownForPeopleAndForPrograms() {
        let step = DefinitionPath.step(2)
        let rows: [(DefinitionPath, String, String, String)] = [
            (
                step.field(.timeouts).field(.startToClose), "steps[2].timeouts.startToClose",
                "steps[2].timeouts.start_to_close", "startToClose"
            ),
            (
                step.field(.retry).field(.nonRetryableCodes).index(0),
                "steps[2].retry.nonRetryableCodes[0]", "steps[2].retry.non_retryable_codes[0]",
                "retry.nonRetryableCodes"
            ),
            (step.field(.after).index(1), "steps[2].after[1]", "steps[2].after.names[1]", "after"),
            (
                step.field(.when).field(.ref), "steps[2].when.ref", "steps[2].when.reference",
                "when.ref"
            ),
            (
                step.field(.input).member("to"), "steps[2].input.to",
                "steps[2].input.map.members[to]", "input.to"
            ),
            (
                .field(.compensation).field(.onFailure), "compensation.onFailure",
                "compensation.on_failure", "compensation.onFailure"
            ),
            (.field(.keyRetention), "keyRetention", "key_retention", "keyRetention"),
        ]
        for (path, text, protoPath, label) in rows {
            #expect(path.description == text)
            #expect(path.protoPath == protoPath)
            #expect(path.label == label)
        }
    }

    @Test func shownTextStaysOnOneBoundedLine() {
        #expect(ShownText.word("maxAtempts") == "maxAtempts")
        #expect(ShownText.word("") == "\"\"")
        #expect(ShownText.word("a b") == "\"a b\"")
        #expect(ShownText.quoted("it's\n\"\u{1}\"") == "\"it's\\n\\\"\\u{01}\\\"\"")
        let long = String(repeating: "x", count: 81)
        #expect(ShownText.word(long) == "\"\(String(repeating: "x", count: 80))..\"")
    }
}
