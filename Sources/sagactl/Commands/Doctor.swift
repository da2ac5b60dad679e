internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// `doctor`.
struct Doctor: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Looks whether all is well, and says what mends what is not.",
        usage: "sagactl doctor [OPTIONS]",
        discussion: """
            A line a matter: ok, warn (nothing fails yet), or fail (a person must act),
            and behind a colon what to do. It changes nothing.

            CHECKS
              disk          how long fdatasync takes
              space         room on the journal's file system
              journal       whether segments are made and freed
              archive       whether it is there and follows
              clock         the coordinator's against this machine's
              certificates  this side's, and whether the connection needs some
              versions      of coordinator, this program and SDKs
              files         open files against their limit
              start         what the last start found
              participants  tasks that wait for somebody
              sagas         those that need a person
              quarantine    sagas that cannot be replayed
              epoch_behind  whether a copy of another journal runs
              orphans       tasks that nobody will wake

            EXAMPLES
              sagactl doctor
              sagactl doctor --json | jq 'select(.level != "ok")'

            EXIT STATUS
              0   nothing fails
              1   something fails
            """)

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let findings = try await Self.examine(calls).findings
        if screen.isJSON {
            try screen.show(findings.map { JSONObject($0) })
        } else {
            try screen.show(Self.lines(findings, screen.style))
        }
        return findings.contains { $0.level == .fail } ? .no : .done
    }

    /// Asks for all that the findings are made from.
    static func examine(
        _ calls: any CoordinatorCalls
    ) async throws(Complaint) -> Examination {
        // First what opens the connection, so that the clock is not asked for over a handshake.
        let participants = try await calls.participants()
        let asked = Instant(microseconds: WallClock.microsecondsSince1970())
        let status = try await calls.status()
        let answered = Instant(microseconds: WallClock.microsecondsSince1970())
        var filter = SagaFilter(namespace: "")
        filter.needsAttention = true
        let attention = try await calls.count(filter, by: .definition)
        return Examination(
            status: status, participants: participants, attention: attention,
            ownVersion: Sagactl.version, asked: asked, answered: answered,
            way: calls.way)
    }

    static func lines(_ findings: [Finding], _ style: Style) -> [String] {
        var table = TextTable([.left, .left, .left], gap: 2)
        for finding in findings {
            let role: Role =
                switch finding.level {
                case .ok: .done
                case .warn: .waiting
                case .fail: .failed
                }
            let remedy = finding.remedy.isEmpty ? "" : ": \(finding.remedy)"
            table.add([
                StyledText(finding.level.rawValue, role), StyledText(finding.check, .name),
                StyledText(finding.text + remedy),
            ])
        }
        return table.lines(style)
    }
}
