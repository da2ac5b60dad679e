import SagaModel
import Testing

@testable import sagactl

@Suite struct TextTests {
    @Test(arguments: [
        (Duration.zero, "0 ms", "0 ms"),
        (.seconds(-3), "0 ms", "0 ms"),
        (.microseconds(420), "420 us", "0 ms"),
        (.milliseconds(11), "11 ms", "11 ms"),
        (.milliseconds(999), "999 ms", "999 ms"),
        (.seconds(1), "1 s", "1 s"),
        (.milliseconds(1_250), "1.2 s", "1 s"),
        (.milliseconds(9_999), "9.9 s", "9 s"),
        (.milliseconds(36_400), "36 s", "36 s"),
        (.seconds(60), "1m 00s", "1m"),
        (.seconds(134), "2m 14s", "2m"),
        (.seconds(669), "11m 09s", "11m"),
        (.seconds(3_600 * 3 + 300), "3h 05m", "3h"),
        (.seconds(86_400 * 2 + 3_600 * 4), "2d 04h", "2d"),
    ])
    func durations(_ duration: Duration, _ long: String, _ short: String) {
        #expect(ShownDuration.long(duration) == long)
        #expect(ShownDuration.short(duration) == short)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1_284, "1,284"), (1_000_000, "1,000,000"), (-1_284, "-1,284"),
        (-128, "-128"),
    ])
    func counts(_ number: Int, _ text: String) {
        #expect(ShownNumber.count(number) == text)
    }

    @Test(arguments: [
        (UInt64(0), "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"),
        (64 << 20, "64.0 MiB"), (6 << 30, "6.0 GiB"), (.max, "15.9 EiB"),
    ])
    func bytes(_ bytes: UInt64, _ text: String) {
        #expect(ShownNumber.bytes(bytes) == text)
    }

    @Test func aShortRowsLastCellTakesTheRestOfTheLine() {
        var table = TextTable([.left, .right, .left], gap: 2, indentation: 1)
        table.add(["a", "1", "x"])
        table.add(["bbb", "1000", ""])
        table.add(["c", "a long text"])
        #expect(table.lines(.plain) == [" a       1  x", " bbb  1000", " c    a long text"])
    }

    @Test(arguments: [
        (ColorChoice.auto, true, [:], true), (.auto, false, [:], false),
        (.auto, true, ["NO_COLOR": "1"], false), (.auto, true, ["NO_COLOR": ""], true),
        (.auto, true, ["TERM": "dumb"], false), (.always, false, ["NO_COLOR": "1"], true),
        (.never, true, [:], false),
    ])
    func colours(
        _ choice: ColorChoice, _ isTerminal: Bool, _ environment: [String: String], _ isOn: Bool
    ) {
        #expect(choice.isOn(isTerminal: isTerminal) { environment[$0] } == isOn)
    }

    @Test(arguments: [
        ([:], false), (["LANG": "C.UTF-8"], true), (["LANG": "en_US.utf8"], true),
        (["LANG": "C.UTF-8", "LC_ALL": "C"], false), (["LC_CTYPE": "UTF-8", "LANG": "C"], true),
        (["LC_ALL": "", "LANG": "de_DE.UTF-8"], true), (["LANG": "POSIX"], false),
    ])
    func characters(_ environment: [String: String], _ isUTF8: Bool) {
        #expect(Locale.isUTF8 { environment[$0] } == isUTF8)
    }

    @Test func payloadsOnALine() {
        #expect(
            ShownPayload.line(Fixture.json("{\n  \"a\": 1,\n\t\"b\": \"x  y\"\r\n}\n"))
                == #"{ "a": 1, "b": "x  y" }"#)
        #expect(ShownPayload.line(.empty) == "no value")
        let image = Payload(contentType: "image/png", bytes: [UInt8](repeating: 1, count: 2_048))
        #expect(ShownPayload.line(image) == "image/png, 2.0 KiB")
        let broken = Payload(contentType: Payload.json, bytes: [0xFF])
        #expect(ShownPayload.line(broken) == "application/json, 1 B")
    }

    @Test(arguments: [
        ("order/ORD-1", NamedSaga.key(definition: "order", key: "ORD-1")),
        ("order/a/b", .key(definition: "order", key: "a/b")),
        (Fixture.id.description, .id(Fixture.id)),
        (Fixture.id.description.uppercased(), .id(Fixture.id)),
        ("order", nil), ("order/", nil), ("/x", nil), ("Order/x", nil), ("", nil),
    ])
    func names(_ text: String, _ saga: NamedSaga?) {
        #expect(NamedSaga(text) == saga)
    }
}
