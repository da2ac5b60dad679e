/// The place of a step in its definition, from 0.
@usableFromInline package struct StepIndex: Hashable, Comparable, Sendable {
    /// The place in 32 bits, as on disk: millions of these are kept.
    @usableFromInline package let number: UInt32

    /// The place itself.
    @inlinable package var rawValue: Int { Int(number) }

    /// Makes an index of a place.
    @inlinable package init(_ rawValue: Int) {
        number = UInt32(truncatingIfNeeded: rawValue)
    }

    /// Indices sort in the order of the definition.
    @inlinable package static func < (left: StepIndex, right: StepIndex) -> Bool {
        left.number < right.number
    }
}

/// Which of a step's two functions a task runs.
public enum Direction: UInt8, Hashable, Sendable {
    /// The step's work.
    case action
    /// The undo of that work.
    case compensation
}

/// One thing that is dispatched to participants: a step of a saga in one direction.
public struct TaskRef: Hashable, Sendable {
    /// The saga.
    public let saga: SagaID
    /// The name of the step.
    public let step: String
    /// Action or compensation.
    public let direction: Direction

    /// Names a task.
    public init(saga: SagaID, step: String, direction: Direction) {
        self.saga = saga
        self.step = step
        self.direction = direction
    }

    /// The key that a participant deduplicates by: the same on every attempt of the task.
    public var idempotencyKey: String {
        switch direction {
        case .action: "\(saga):\(step)"
        case .compensation: "\(saga):\(step):undo"
        }
    }
}

/// The number of a call that waits for an answer, unique within one life.
@usableFromInline package struct CallID: Hashable, Comparable, Sendable {
    /// The number itself; the services decide what it is made of.
    @usableFromInline package let rawValue: UInt64

    /// Makes a call's number.
    @inlinable package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// By the number.
    @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    /// By the number.
    @inlinable package static func == (left: CallID, right: CallID) -> Bool {
        left.rawValue == right.rawValue
    }

    /// Calls sort by number.
    @inlinable package static func < (left: CallID, right: CallID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// The number of a participant's stream, unique within one life.
@usableFromInline package struct SessionID: Hashable, Comparable, Sendable {
    /// The number itself; the services decide what it is made of.
    @usableFromInline package let rawValue: UInt64

    /// Makes a session's number.
    @inlinable package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Sessions sort by number.
    @inlinable package static func < (left: SessionID, right: SessionID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A participant process as others see it: stable over its reconnects.
package struct ParticipantName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The namespace that it serves.
    package let namespace: String
    /// The participant's name, e.g. `payments`.
    package let name: String
    /// Which of several instances, e.g. `p-1`.
    package let instance: String

    /// Names an instance of a participant.
    package init(namespace: String, name: String, instance: String) {
        self.namespace = namespace
        self.name = name
        self.instance = instance
    }

    /// `payments/p-1`.
    package var description: String { "\(name)/\(instance)" }

    /// By namespace, name, instance.
    package static func < (left: ParticipantName, right: ParticipantName) -> Bool {
        (left.namespace, left.name, left.instance) < (right.namespace, right.name, right.instance)
    }
}

/// A handler in a namespace: what a queue is for.
package struct HandlerRef: Hashable, Comparable, Sendable {
    /// The namespace.
    package let namespace: String
    /// The handler's name, e.g. `payments.charge`.
    package let handler: String

    /// Names a handler.
    package init(namespace: String, handler: String) {
        self.namespace = namespace
        self.handler = handler
    }

    /// By namespace, then name.
    package static func < (left: HandlerRef, right: HandlerRef) -> Bool {
        (left.namespace, left.handler) < (right.namespace, right.handler)
    }
}

/// Who asked for something: a certificate's name, or the name a client sends of itself.
public struct Principal: Hashable, Sendable {
    /// The name.
    public let name: String
    /// Whether a certificate vouches for it; false for a name that the client merely sent.
    public let isVerified: Bool

    /// Names a principal.
    public init(name: String, isVerified: Bool) {
        self.name = name
        self.isVerified = isVerified
    }
}

/// A digest of 256 bits (SHA-256), as four words.
public struct Digest256: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes, most significant word first.
    package let words: (UInt64, UInt64, UInt64, UInt64)

    /// Makes a digest of its words.
    package init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        words = (first, second, third, fourth)
    }

    /// Equal if all bytes are.
    public static func == (left: Digest256, right: Digest256) -> Bool { left.words == right.words }

    /// The first word is random enough.
    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    /// 64 hexadecimal digits.
    public var description: String {
        [words.0, words.1, words.2, words.3].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }
}
