/// The fields of a definition by the names people write: keys of a file, labels of a modifier.
///
/// One list for all, so that a fault is told in the same words by a file, the SDK and the service.
package enum DefinitionField: String, CaseIterable, Hashable, Sendable {
    case name
    case version
    case timeout
    case output
    case steps
    case compensation
    case retention
    case keyRetention
    case handler
    case saga
    case after
    case pivot
    case retry
    case compensationRetry
    case timeouts
    case onFailure
    case when
    case delay
    case input
    case maxAttempts
    case initial
    case multiplier
    case max
    case jitter
    case nonRetryableCodes
    case scheduleToStart
    case startToClose
    case scheduleToClose
    case heartbeat
    case ref
    case equals
    case notEquals
    case exists

    /// The field's name in `saga.v1.Definition`: snake case, and `ref` is spelt out there.
    package var protoName: String {
        if self == .ref { return "reference" }
        var name = ""
        for character in rawValue {
            if character.isUppercase { name.append("_") }
            name.append(contentsOf: character.lowercased())
        }
        return name
    }
}
