internal import Saga
internal import SagaModel
internal import Synchronization

/// A fault that was injected; it stays until it is removed or the coordinator is gone.
public struct Injection: Sendable {
    let rule: FaultRule
    private let plan: FaultPlan

    init(_ rule: FaultRule, _ plan: FaultPlan) {
        self.rule = rule
        self.plan = plan
    }

    /// How often it has struck.
    public var hits: Int { rule.hits.load(ordering: .relaxed) }

    /// Takes it away.
    public func remove() { plan.remove(rule) }
}

/// Which calls of handlers a fault strikes.
final class FaultRule: Sendable {
    /// What names the calls.
    enum Place: Sendable {
        case handler(String)
        case step(definition: String, step: String)
    }

    let fault: Fault
    let place: Place
    let direction: Direction
    let attempts: ClosedRange<Int>?
    let hits = Atomic(0)

    init(_ fault: Fault, _ place: Place, _ direction: Direction, _ attempts: ClosedRange<Int>?) {
        self.fault = fault
        self.place = place
        self.direction = direction
        self.attempts = attempts
    }

    func strikes(_ task: ReceivedTask) -> Bool {
        let (named, token) = (task.attempt.task, task.attempt.token)
        guard named.direction == direction,
            attempts.map({ $0.contains(Int(token.number)) }) ?? true
        else { return false }
        switch place {
        case .handler(let handler): return task.handler == handler
        case .step(let definition, let step):
            return task.definition == definition && named.step == step
        }
    }
}

/// All faults of a test.
final class FaultPlan: Sendable {
    private let rules = Mutex<[FaultRule]>([])

    func add(_ rule: FaultRule) -> Injection {
        rules.withLock { $0.append(rule) }
        return Injection(rule, self)
    }

    func remove(_ rule: FaultRule) {
        rules.withLock { rules in rules.removeAll { $0 === rule } }
    }

    /// What goes wrong with a call; of several the one injected last. Nil if all goes well.
    func strike(_ task: ReceivedTask) -> Fault? {
        guard let rule = rules.withLock({ $0.last { $0.strikes(task) } }) else { return nil }
        rule.hits.add(1, ordering: .relaxed)
        return rule.fault
    }
}
