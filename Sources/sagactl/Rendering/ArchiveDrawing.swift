internal import SagaModel

/// How the archive is.
enum ArchiveDrawing {
    /// A line a matter.
    static func lines(_ archive: ArchiveStatus, _ style: Style) -> [String] {
        var table = TextTable([.left, .left], gap: 2)
        var rows: [(String, StyledText)] = [
            ("file", StyledText(archive.file)),
            ("state", state(archive)),
            ("sagas", StyledText(ShownNumber.count(archive.sagas))),
            ("bytes", StyledText(ShownNumber.bytes(archive.bytes))),
            (
                "position",
                StyledText(
                    "\(ShownNumber.count(archive.committedPosition.rawValue)), "
                        + "\(ShownNumber.of(archive.lagRecords, "record")) behind")
            ),
            (
                "freeable",
                StyledText("to \(ShownNumber.count(archive.freeablePosition.rawValue))")
            ),
            ("retention", StyledText(ShownDuration.long(archive.retention))),
        ]
        if let oldest = archive.oldestStartedAt {
            rows.append(("oldest", StyledText(ShownInstant.full(oldest))))
        }
        if archive.purged > 0 {
            rows.append(("deleted", StyledText(ShownNumber.of(archive.purged, "saga"))))
        }
        rows += notes(archive)
        for (name, value) in rows { table.add([StyledText(name, .dim), value]) }
        return table.lines(style)
    }

    /// The same in short, for the status of the coordinator.
    static func facts(_ archive: ArchiveStatus) -> [StyledText] {
        var facts: [StyledText] = []
        if archive.state != .open { facts.append(state(archive)) }
        facts += [
            StyledText(ShownNumber.of(archive.sagas, "saga")),
            StyledText(ShownNumber.bytes(archive.bytes)),
            StyledText("to \(ShownNumber.count(archive.committedPosition.rawValue))"),
            StyledText("\(ShownNumber.of(archive.lagRecords, "record")) behind"),
        ]
        return facts + notes(archive).map { StyledText("\($0.0) ", .waiting) + $0.1 }
    }

    private static func state(_ archive: ArchiveStatus) -> StyledText {
        switch archive.state {
        case .opening: StyledText("being opened", .waiting)
        case .open: StyledText("open")
        case .failed: StyledText("failed: \(archive.failure)", .failed)
        }
    }

    private static func notes(_ archive: ArchiveStatus) -> [(String, StyledText)] {
        var notes: [(String, StyledText)] = []
        if !archive.setAside.isEmpty {
            notes.append(("set aside", StyledText(archive.setAside, .waiting)))
        }
        if archive.missed > 0 {
            let sagas = ShownNumber.of(archive.missed, "saga")
            notes.append(("missed", StyledText("\(sagas) whose records were gone", .waiting)))
        }
        return notes
    }
}

/// How many sagas there are of each kind.
enum CountDrawing {
    /// The largest group first, and all of them at the end.
    static func lines(
        _ counts: SagaCounts, by group: GroupArgument, _ style: Style
    ) -> [String] {
        var table = TextTable([(group.name.uppercased(), .left), ("SAGAS", .right)])
        let groups = counts.counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        for (value, count) in groups {
            table.add([
                value.isEmpty ? StyledText("(none)", .dim) : StyledText(value, .name),
                StyledText(ShownNumber.count(count)),
            ])
        }
        table.add([StyledText("all", .dim), StyledText(ShownNumber.count(counts.total))])
        return table.lines(style)
    }
}
