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
            logger.error("participant has met a later life of this journal", metadata: metadata)
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
        case .recovered(let attemptsUnknown):
            logger.info(
                "attempts of the life before are settled",
                metadata: ["unknown": "\(attemptsUnknown)"])
        }
    }
}

extension ParticipantName {
    fileprivate var metadata: Logger.Metadata {
        ["namespace": "\(namespace)", "participant": "\(name)", "instance": "\(instance)"]
    }
}
