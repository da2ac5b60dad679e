internal import Logging
internal import SagaEngine
internal import SagaModel

extension LogFact {
    /// Writes the fact with the level that fits it.
    func tell(_ logger: Logger) {
        switch self {
        case .sessionAttached(let participant):
            logger.info("participant attached", metadata: participant.metadata)
        case .sessionDisplaced(let participant):
            logger.warning("participant attached twice", metadata: participant.metadata)
        case .sessionLost(let participant):
            logger.info("participant lost", metadata: participant.metadata)
        case .sessionEnded(let participant, let inOrder):
            logger.info(
                inOrder ? "participant left" : "participant did not return",
                metadata: participant.metadata)
        case .epochBehind(let participant, let met):
            var metadata = participant.metadata
            metadata["met"] = "\(met)"
            metadata["code"] = "epoch_behind"
            metadata["hint"] =
                "stop this one if the later one still runs, else start it once with --restored"
            logger.error(
                "participant has met a later life: this is a copy or an old backup of its journal",
                metadata: metadata)
        case .attentionRaised(let saga, let why, let step, let code, let said):
            var metadata: Logger.Metadata = ["saga": "\(saga)", "why": "\(why.label)"]
            if !step.isEmpty { metadata["step"] = "\(step)" }
            if !code.isEmpty { metadata["code"] = "\(code)" }
            if !said.isEmpty { metadata["reason"] = "\(said)" }
            logger.warning("saga needs attention", metadata: metadata)
        case .attentionUntold(let count):
            logger.warning(
                "more sagas need attention; sagactl dlq lists them",
                metadata: ["count": "\(count)"])
        case .spaceChanged(let level, let freeBytes):
            var metadata: Logger.Metadata = ["space": "\(level.label)"]
            if let freeBytes { metadata["free"] = "\(freeBytes)" }
            logger.log(level: level.logLevel, level.logLine, metadata: metadata)
        case .recovered(let attemptsUnknown):
            logger.info(
                "attempts of the life before are settled",
                metadata: ["unknown": "\(attemptsUnknown)"])
        }
    }
}

extension SpaceLevel {
    fileprivate var logLevel: Logger.Level {
        switch self {
        case .ample: .notice
        case .low: .warning
        case .spare, .reserve, .last: .error
        }
    }

    fileprivate var logLine: Logger.Message {
        switch self {
        case .ample: "the disk has room for the journal: all goes on"
        case .low: "the disk has no room for the journal to grow: no sagas are started"
        case .spare:
            "the disk is full and the journal at its last segment: only results and undos go on"
        case .reserve, .last:
            "the disk is full and the journal near its end: nothing is recorded"
        }
    }
}

extension ParticipantName {
    fileprivate var metadata: Logger.Metadata {
        ["namespace": "\(namespace)", "participant": "\(name)", "instance": "\(instance)"]
    }
}
