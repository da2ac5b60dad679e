internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf

/// How a journal on disk is shown.
enum JournalDrawing {
    /// The answer of `verify`.
    static func verified(
        _ survey: JournalSurvey, _ directory: String, lost: Int, _ style: Style
    ) -> [String] {
        var lines = [
            "\(style.paint("whole", as: .done))  \(directory)",
            "journal \(style.paint(survey.lineage.description, as: .dim)): \(extent(survey))",
        ]
        if lost > 0 {
            lines.append(
                "\(ShownNumber.count(lost)) of them stand in for lost ones: it was salvaged")
        }
        for torn in survey.torn {
            let what =
                switch torn.foundCase {
                case .sealedStray, .spareTorn: "stray bytes"
                case .spareReady, .sealedWhole, .sealedBeforeTorn, .sealedBad, .sealedOther,
                    .sealedUnlinked, .tailUnlinkedPrepared, .tailUnlinkedOldest,
                    .tailUnlinkedAcknowledged, .tailEmpty, .tailFirstTorn, .tailAcknowledged,
                    .tailWhole, .tailTorn:
                    "a write that was not acknowledged"
                }
            lines.append(
                "\(style.paint("torn", as: .waiting))  \(torn.file) from offset \(torn.offset), "
                    + "\(ShownNumber.of(torn.byteCount, "byte")) (case "
                    + "\(torn.foundCase.rawValue)): \(what); the next start cuts it off")
        }
        return lines
    }

    private static func extent(_ survey: JournalSurvey) -> String {
        let bytes = survey.segments.reduce(0) { $0 + $1.usedBytes }
        let first = survey.segments.first?.firstPosition ?? JournalPosition(1)
        let positions =
            survey.records == 0
            ? "" : ", positions \(first.rawValue) to \(survey.lastPosition.rawValue)"
        return "\(ShownNumber.of(survey.records, "record"))\(positions), "
            + "\(ShownNumber.of(survey.segments.count, "segment")), "
            + "\(ShownNumber.bytes(UInt64(clamping: bytes))) used"
    }

    /// The answer of `stat`.
    static func statistics(
        _ survey: JournalSurvey, _ types: [UInt16: (count: Int, bytes: Int)], sagas: Int,
        _ style: Style
    ) -> [String] {
        var segments = TextTable([
            ("SEGMENT", .right), ("BYTES", .right), ("USED", .right), ("FIRST", .right),
            ("CASE", .left),
        ])
        for segment in survey.segments {
            segments.add([
                StyledText("\(segment.number)", .name),
                StyledText(ShownNumber.bytes(UInt64(clamping: segment.byteCount)), .plain),
                StyledText(ShownNumber.bytes(UInt64(clamping: segment.usedBytes)), .plain),
                StyledText(segment.firstPosition.map { "\($0.rawValue)" } ?? "-", .plain),
                StyledText(segment.foundCase?.rawValue ?? "", .plain),
            ])
        }
        var records = TextTable([("RECORD", .left), ("COUNT", .right), ("BYTES", .right)])
        for (type, sum) in types.sorted(by: { $0.key < $1.key }) {
            records.add([
                StyledText(RecordText.name(ofType: type) ?? "type \(type)", .name),
                StyledText(ShownNumber.count(sum.count), .plain),
                StyledText(ShownNumber.bytes(UInt64(clamping: sum.bytes)), .plain),
            ])
        }
        let head =
            "journal \(style.paint(survey.lineage.description, as: .dim)): \(extent(survey)), "
            + ShownNumber.of(sagas, "saga")
        return [head] + segments.lines(style) + (types.isEmpty ? [] : records.lines(style))
    }

    /// The answer of `repair`.
    static func salvaged(
        _ salvage: JournalSalvage, _ target: String, _ style: Style
    ) -> [String] {
        var lines = salvage.unusable.map { "\(style.paint("unusable", as: .failed))  \($0)" }
        for loss in salvage.losses {
            let positions =
                switch loss.last {
                case ..<loss.first: "from position \(loss.first.rawValue) on"
                case loss.first: "position \(loss.first.rawValue)"
                case _: "positions \(loss.first.rawValue) to \(loss.last.rawValue)"
                }
            lines.append(
                "\(style.paint("left out", as: .waiting))  \(positions): \(loss.file) at offset "
                    + "\(loss.offset), \(loss.finding)")
        }
        let count = ShownNumber.of(salvage.records, "record")
        lines.append(
            salvage.records == 0
                ? "\(style.paint("nothing", as: .failed)) could be salvaged"
                : "\(style.paint("salvaged", as: .done))  \(count), positions "
                    + "\(salvage.firstPosition.rawValue) to \(salvage.lastPosition.rawValue), "
                    + "into \(target)")
        if salvage.isBackup {
            lines.append("it is a backup, and so is the copy: it starts with --restored only")
        }
        return lines
    }
}
