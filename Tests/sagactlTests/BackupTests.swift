import ArgumentParser
import SagaModel
import Testing

@testable import sagactl

/// `backup`: how far it is, and what was made.
@Suite struct BackupTests {
    private static func run(
        isJSON: Bool = false, _ coordinator: FakeCoordinator = FakeCoordinator()
    ) async throws -> Paper {
        let paper = Paper()
        let exit = try await Backup.parse(["/mnt/b"]).perform(
            coordinator, paper.screen(isJSON: isJSON))
        #expect(exit == .done && coordinator.asked == ["backup /mnt/b"])
        return paper
    }

    @Test func told() async throws {
        let paper = try await Self.run()
        #expect(
            paper.output == """
                /mnt/b: 1,040 records up to position 1042, and the archive
                start from it with: sagad --data-dir /mnt/b --restored

                """)
    }

    @Test func json() async throws {
        let paper = try await Self.run(isJSON: true)
        #expect(
            paper.output == """
                {"directory":"/mnt/b","lineage":"\(Fixture.id)","epoch":"30064771074",\
                "position":"1042","records":"1040","archive":true,\
                "madeAt":"2026-11-21T08:14:02.250Z"}

                """)
    }

    @Test func refused() async throws {
        let coordinator = FakeCoordinator { state in
            state.refusal = Complaint("/mnt/b is not empty", exit: .no)
        }
        await #expect(throws: Complaint("/mnt/b is not empty", exit: .no)) {
            try await Backup.parse(["/mnt/b"]).perform(coordinator, Paper().screen())
        }
    }
}
