/// Reasons for which a person should look at a saga came or went.
///
/// A record of its own beside what leads to it, so that those who follow events are told of each
/// reason once, however often the coordinator is started meanwhile: whether one was told of cannot
/// be seen from how the saga stands.
package struct AttentionChanged: Equatable, Sendable {
    /// Reasons that are there now.
    package var raised: [RaisedAttention]
    /// Reasons that are gone.
    package var cleared: [AttentionReason]
    /// When.
    package var at: Instant

    /// States the facts.
    package init(raised: [RaisedAttention], cleared: [AttentionReason], at: Instant) {
        self.raised = raised
        self.cleared = cleared
        self.at = at
    }
}

/// A reason for which a person should look at a saga.
package struct RaisedAttention: Hashable, Sendable {
    /// Why.
    package var reason: AttentionReason
    /// The step that has given it for longest; nil when the saga as a whole is meant.
    package var step: StepIndex?
    /// Its action or its undo.
    package var direction: Direction

    /// States the facts.
    package init(
        _ reason: AttentionReason, step: StepIndex? = nil, direction: Direction = .action
    ) {
        self.reason = reason
        self.step = step
        self.direction = direction
    }
}
