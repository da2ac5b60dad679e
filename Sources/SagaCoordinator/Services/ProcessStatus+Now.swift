internal import SagaModel
internal import SagaSystem

extension ProcessStatus {
    /// What this process has used so far; where the machine does not tell, its number alone.
    static var now: ProcessStatus {
        let identifier = UInt32(clamping: ThisProcess.identifier)
        guard let use = try? ResourceUse.ofThisProcess() else {
            return ProcessStatus(identifier: identifier)
        }
        return ProcessStatus(
            identifier: identifier, processorTime: .microseconds(use.processorMicroseconds),
            residentBytes: UInt64(clamping: use.residentBytes),
            anonymousBytes: UInt64(clamping: use.anonymousBytes),
            peakResidentBytes: UInt64(clamping: use.peakResidentBytes),
            openFiles: UInt64(clamping: (try? FileLimit.openFiles()) ?? 0),
            fileLimit: UInt64(clamping: (try? FileLimit.inForce()) ?? 0))
    }
}
