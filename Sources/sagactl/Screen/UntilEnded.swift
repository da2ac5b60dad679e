/// Works until the work is done or somebody ends it; then it is cancelled, and what it answers
/// still counts.
///
/// - Parameters:
///   - ended: returns when somebody ends the work, as by ^C.
///   - work: is to end soon once its task is cancelled.
func untilEnded<Answer: Sendable>(
    by ended: @escaping @Sendable () async -> Void,
    _ work: @escaping @Sendable () async -> Answer
) async -> Answer {
    let working = Task { await work() }
    let waiting = Task {
        await ended()
        working.cancel()
    }
    let answer = await working.value
    waiting.cancel()
    return answer
}
