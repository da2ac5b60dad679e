internal import ArgumentParser
internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf

/// `journal verify DIR`.
struct JournalVerify: OfflineVerb {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks every byte of a journal and reads every record.",
        usage: "sagactl journal verify DIR [OPTIONS]",
        discussion: """
            Says what a start of sagad would find, and changes nothing. A torn end is no
            damage: nobody was told of what is in it, and the next start cuts it off.
            Safe while sagad runs.

            EXAMPLES
              sagactl journal verify /var/lib/sagad
              sagactl journal verify --json /var/lib/sagad

            EXIT STATUS
              0   whole; a torn end is told
              1   whole, but records cannot be read: their sagas would be set aside
              65  damaged, or written by a newer release: a start is refused
              70  the directory cannot be read
            """)

    @Argument(help: "The data directory.") var directory: String

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(_ screen: Screen) throws(Complaint) -> Complaint.Exit {
        var arena = DecodingArena(limit: JournalLook.decodedBytes)
        var unreadable: [(header: FrameHeader, reason: String)] = []
        var unknown: [UInt16: Int] = [:]
        var lost = 0
        let survey = try JournalLook.run(directory, screen) { header, payload throws(Complaint) in
            if header.type == .lost {
                lost += 1
                return
            }
            do throws(CodecFailure) {
                _ = try RecordCodec.decode(
                    type: header.type.rawValue, payload, arena: &arena)
            } catch {
                if case .unknownType(let type) = error.reason {
                    if !header.flags.contains(.ignorable) { unknown[type, default: 0] += 1 }
                } else {
                    unreadable.append((header, "\(error)"))
                }
            }
        }
        if screen.isJSON {
            try screen.show([JSONObject(survey, unreadable: unreadable.count, lost: lost)])
        } else {
            try screen.show(JournalDrawing.verified(survey, directory, lost: lost, screen.style))
        }
        for (header, reason) in unreadable {
            screen.warn(
                "record \(header.position.rawValue) of saga \(header.saga.rawValue) cannot be "
                    + "read: \(reason)")
        }
        for (type, count) in unknown.sorted(by: { $0.key < $1.key }) {
            screen.warn(
                "\(ShownNumber.of(count, "record")) of type \(type), which this release does not "
                    + "know: start the release that wrote them")
        }
        if !unknown.isEmpty { return .dataError }
        return unreadable.isEmpty ? .done : .no
    }
}

/// `journal stat DIR`.
struct JournalStat: OfflineVerb {
    static let configuration = CommandConfiguration(
        commandName: "stat",
        abstract: "Shows the segments of a journal and what records there are.",
        usage: "sagactl journal stat DIR [OPTIONS]",
        discussion: """
            USED is where the last whole group of a segment ends, FIRST the position of
            its first record, CASE how a start would take it (the format's article has
            the table). Safe while sagad runs.

            EXAMPLES
              sagactl journal stat /var/lib/sagad

            EXIT STATUS
              0   done
              65  damaged: see sagactl journal verify
              70  the directory cannot be read
            """)

    @Argument(help: "The data directory.") var directory: String

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(_ screen: Screen) throws(Complaint) -> Complaint.Exit {
        var types: [UInt16: (count: Int, bytes: Int)] = [:]
        var sagas: Set<JournalPosition> = []
        let survey = try JournalLook.run(directory, screen) { header, _ throws(Complaint) in
            types[header.type.rawValue, default: (0, 0)].count += 1
            types[header.type.rawValue, default: (0, 0)].bytes += header.length
            if header.saga != .none { sagas.insert(header.saga) }
        }
        if screen.isJSON {
            try screen.show([JSONObject(survey, types: types, sagas: sagas.count)])
        } else {
            try screen.show(
                JournalDrawing.statistics(survey, types, sagas: sagas.count, screen.style))
        }
        return .done
    }
}
