import SagaModel
import Testing

/// Encoded records as they were first written.
enum Goldens {
    struct Golden: Sendable, CustomTestStringConvertible {
        let type: UInt16
        let record: Record
        let hex: String
        var testDescription: String { "record of type \(type)" }
    }

    static let records: [Golden] = [
        Golden(
            type: 16, record: Samples.records[0],
            hex: """
                0882808080900111ffffffffffffffff18c0d4a083fe829103
                """),
        Golden(
            type: 17, record: Samples.records[2],
            hex: """
                0a0764656661756c7412b8020a056f7264657210031ab5010a0772657365727665120d73\
                746f636b2e726573657276652200280230003a2b08051205108084af5f19000000000000\
                f83f2202081e29000000000000d03f32036261643205776f72736542004a160a02080112\
                0808011081cab5ee011a02083c2202080250025a120a0d696e707574232f616d6f756e74\
                1a013062006a3612340a0f0a05616c7068611206696e707574230a110a057a6562726112\
                08696e707574232f7a0a0e0a02c3a91208696e707574232f651a400a056368696c641a07\
                0a03737562100222090a0772657365727665280130014a0050015a0c0a08726573657276\
                652320006a0d0a0b72657365727665232f69641a1e0a046c6173741a050a037375625a0f\
                0a08696e707574232f611203227822220308901c2a021200320208023a040880a3054200\
                1ab8020a056f7264657210031ab5010a0772657365727665120d73746f636b2e72657365\
                7276652200280230003a2b08051205108084af5f19000000000000f83f2202081e290000\
                00000000d03f32036261643205776f72736542004a160a020801120808011081cab5ee01\
                1a02083c2202080250025a120a0d696e707574232f616d6f756e741a013062006a361234\
                0a0f0a05616c7068611206696e707574230a110a057a656272611208696e707574232f7a\
                0a0e0a02c3a91208696e707574232f651a400a056368696c641a070a0373756210022209\
                0a0772657365727665280130014a0050015a0c0a08726573657276652320006a0d0a0b72\
                657365727665232f69641a1e0a046c6173741a050a037375625a0f0a08696e707574232f\
                611203227822220308901c2a021200320208023a040880a3054200222000000000000000\
                0120000000000000000000000000000003ffffffffffffffff2a07434e3d73686f703001\
                38c0d4a083fe829103
                """),
        Golden(
            type: 18, record: Samples.records[4],
            hex: """
                090100000000000000110200000000000000190300000000000000210400000000000000\
                2901706f5ec4a3990131efcdab8967452381
                """),
        Golden(
            type: 19, record: Samples.records[6],
            hex: """
                0901706f5ec4a3990111efcdab8967452381180722076f726465722d3128013212090100\
                00000000000011ffffffffffffffff3a130a0f7b226f72646572223a226f2d31227d1801\
                420f0a08637573746f6d65721203632d3142080a06726567696f6e4a180a0b7472616365\
                706172656e74120930302d312d322d30315207434e3d73686f70580160c0d4a083fe8291\
                036a0218016a06080210011807
                """),
        Golden(
            type: 20, record: .attemptEnded(Samples.attemptEnded(.succeeded(Samples.json))),
            hex: """
                0801181120032a130a0f7b226f72646572223a226f2d31227d18015a0c7061796d656e74\
                732f702d3160c0d4a083fe82910368a413700278049a010218019a0106080210011807
                """),
        Golden(
            type: 20,
            record: .attemptEnded(
                Samples.attemptEnded(
                    .retry(Samples.failure, after: .seconds(1)),
                    next: .waits(Wait(until: Samples.at + .seconds(1), duration: .seconds(1))))),
            hex: """
                0801181120033a3e0a380a0d636172642d6465636c696e656412126e6f2066756e647320\
                e2809320736f7272791a130a0f7b226f72646572223a226f2d31227d180110c0843d5a0c\
                7061796d656e74732f702d3160c0d4a083fe82910368a41370028a010d0880d9dd83fe82\
                910310c0843d9a010218019a0106080210011807
                """),
        Golden(
            type: 20,
            record: .attemptEnded(
                Samples.attemptEnded(.unknown(.forgotten), next: .again(4), undo: .awaited)),
            hex: """
                08011811200348055a0c7061796d656e74732f702d3160c0d4a083fe82910368a4137002\
                8001049001049a010218019a0106080210011807
                """),
        Golden(type: 21, record: Samples.records[9], hex: "08021001180720c0d4a083fe829103"),
        Golden(
            type: 22, record: Samples.records[11],
            hex: """
                0a07434e3d73686f7010011a076265636175736520c0d4a083fe829103
                """),
        Golden(
            type: 23, record: Samples.records[13],
            hex: """
                080012380a0d636172642d6465636c696e656412126e6f2066756e647320e2809320736f\
                7272791a130a0f7b226f72646572223a226f2d31227d18011a0210011a04080110021a04\
                080210031a040803100422040400ac022a0218012a0608021001180730c0d4a083fe8291\
                03
                """),
        Golden(
            type: 24, record: Samples.records[15],
            hex: """
                080312380a0d636172642d6465636c696e656412126e6f2066756e647320e2809320736f\
                7272791a130a0f7b226f72646572223a226f2d31227d180118c0d4a083fe829103
                """),
        Golden(
            type: 25, record: Samples.records[17],
            hex: """
                0805100018c094fef1bf85910320c0d4a083fe829103
                """),
        Golden(
            type: 26, record: Samples.records[18],
            hex: """
                0a0764656661756c7412087061796d656e74731a03702d3120ffffffffffffffffff0128\
                c0d4a083fe829103
                """),
        Golden(
            type: 27, record: Samples.records[20],
            hex: """
                0a0764656661756c7412087061796d656e74731a03702d312003280130c0d4a083fe8291\
                03
                """),
        Golden(
            type: 37,
            record: .attentionChanged(
                AttentionChanged(
                    raised: [
                        RaisedAttention(
                            .undoFailing, step: StepIndex(0), direction: .compensation)
                    ], cleared: [.parked, .held], at: Instant(microseconds: 1))),
            hex: "0a06080110001801120206041801"),
    ]

    /// The bytes that the digest of `Samples.definition` is taken over.
    static let definition = """
        0a056f7264657210031ab5010a0772657365727665120d73746f636b2e72657365727665\
        2200280230003a2b08051205108084af5f19000000000000f83f2202081e290000000000\
        00d03f32036261643205776f72736542004a160a020801120808011081cab5ee011a0208\
        3c2202080250025a120a0d696e707574232f616d6f756e741a013062006a3612340a0f0a\
        05616c7068611206696e707574230a110a057a656272611208696e707574232f7a0a0e0a\
        02c3a91208696e707574232f651a400a056368696c641a070a03737562100222090a0772\
        657365727665280130014a0050015a0c0a08726573657276652320006a0d0a0b72657365\
        727665232f69641a1e0a046c6173741a050a037375625a0f0a08696e707574232f611203\
        227822220308901c2a021200320208023a040880a3054200
        """

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).filter { $0 != UInt8(ascii: " ") }
        return stride(from: 0, to: digits.count, by: 2).compactMap { place in
            UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16)
        }
    }
}
