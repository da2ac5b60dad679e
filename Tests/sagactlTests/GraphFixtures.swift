import SagaModel

/// Sagas that are no chain, and steps with everything that only some have.
extension Fixture {
    static func more(_ change: (inout StepMore) -> Void) -> StepMore {
        var more = StepMore()
        change(&more)
        return more
    }

    static func entry(
        _ verb: Verb, step: String = "", _ reason: String, at time: Duration = .seconds(3)
    ) -> VerbEntry {
        VerbEntry(
            verb: verb, step: step, by: Principal(name: "alice", isVerified: true),
            reason: reason, at: after(time))
    }

    /// Steps that are done, each after those that are named: `("c", ["a", "b"])`.
    static func steps(_ graph: [(String, [String])]) -> [StepStatus] {
        graph.map { name, before in step(name, "a.b", after: before, .succeeded) }
    }

    private static func done(
        _ name: String, _ handler: String, after before: [String] = [], _ from: Int, _ to: Int
    ) -> StepStatus {
        step(
            name, handler, after: before, .succeeded,
            task(instance: "i/1", due: .milliseconds(from), ended: .milliseconds(to)))
    }

    /// Publishes to three places side by side, one of them in two steps.
    static let publishing: SagaStatus = {
        var pivot = done("create", "content.create", after: ["draft"], 12, 40)
        pivot.more = more { $0.pivot = .passed }
        var web = done("web", "site.publish", after: ["create"], 40, 60)
        web.more = more { $0.isOptional = true }
        var social = step(
            "social", "social.post", after: ["create"], .scheduled,
            task(
                attempts: 4, failures: 3, instance: "social/s-1", due: .milliseconds(40),
                failure: Failure(code: "busy", message: "rate limit"),
                waiting: .backoff(until: Fixture.after(.seconds(142)))))
        social.more = more { $0.isOptional = true }
        var thread = step("thread", "social.thread", after: ["social"], .pending)
        thread.more = more {
            $0.isOptional = true
            $0.condition = Condition(
                reference: Reference(source: "input", pointer: "/thread"), test: .equals("true"))
        }
        var mail = step("mail", "mail.send", after: ["create"], .skipped)
        mail.more = more {
            $0.isOptional = true
            $0.condition = Condition(
                reference: Reference(source: "input", pointer: "/mail"), test: .equals("true"))
            $0.skip = .condition(found: "false")
        }
        let count = step("count", "stats.count", after: ["web", "thread", "mail"], .pending)
        return saga(
            .running, key: "P-7",
            [done("draft", "model.write", 0, 12), pivot, web, social, thread, mail, count])
    }()
}
