internal import SagaModel
internal import SagaProtobuf
internal import SagaTransport

/// `AdminService.Backup`: a copy of archive and journal, while the coordinator goes on.
struct BackupService: Sendable {
    /// The most that one request may take decoded; it holds a path.
    private static let decodedBytes = 64 << 10

    private let context: ServiceContext
    private let desk: BackupDesk

    /// Makes the service.
    init(_ context: ServiceContext, _ desk: BackupDesk) {
        self.context = context
        self.desk = desk
    }

    /// Backup.
    var methods: [AsyncMethod] {
        [
            .serverStreaming("/saga.v1.AdminService/Backup") { message, responses, _ in
                do {
                    guard context.isServing else { throw context.recovering }
                    let progress = try desk.begin(try Self.directory(message))
                    for try await step in progress {
                        try await responses.send(Self.encode(step))
                    }
                    try Task.checkCancellation()
                } catch let refusal as Refusal {
                    if refusal.code != .unavailable { context.countRejection(refusal) }
                    throw refusal.status
                }
            }
        ]
    }

    private static func directory(_ message: [UInt8]) throws(Refusal) -> String {
        var arena = DecodingArena(limit: decodedBytes, chunk: 1 << 10)
        do throws(CodecFailure) {
            return try AdminServiceCodec.decodeBackup(
                message.span, limits: CodecLimits(), arena: &arena)
        } catch {
            throw error.refusal
        }
    }

    private static func encode(_ progress: BackupProgress) -> [UInt8] {
        var bytes: [UInt8] = []
        var arena = EncodingArena()
        AdminServiceCodec.encodeBackup(progress, into: &bytes, arena: &arena)
        return bytes
    }
}
