/// Whether a step has something to undo.
public enum StepCompensation: Hashable, Sendable {
    /// There is nothing to undo.
    case none
    /// The handler's compensation undoes it; the default, written down.
    case handler
}
