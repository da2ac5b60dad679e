internal import SagaModel

/// The steps of a saga as lines of a picture: what follows one thing stands below it, what runs
/// side by side in branches, and what joins branches below these.
///
/// Each step is drawn within the branch of its nearest dominator: the last step that every way to
/// it passes. So no line ever crosses another, however the steps wait for each other; a step that
/// waits for something else than just the steps before it in the picture says so by name.
struct StepGraph {
    /// One line of the picture.
    struct Row: Equatable {
        /// Which step, by its place in the saga.
        let step: Int
        /// What stands before the step: `│ ├ `.
        let prefix: String
        /// What stands before lines that belong to the step, below it.
        let below: String
        /// The steps it waits for, if the picture does not say it.
        let awaited: [String]
    }

    /// The strokes, with and without characters beyond ASCII.
    private struct Strokes {
        let branch: String
        let last: String
        let pass: String
        let none = "  "

        init(_ style: Style) {
            (branch, last, pass) = style.isUTF8 ? ("├ ", "└ ", "│ ") : ("|-", "`-", "| ")
        }
    }

    /// What is drawn next.
    private struct Task {
        let step: Int
        let prefix: String
        let below: String
        /// Whether nothing runs side by side with it.
        let isAlone: Bool
    }

    private let names: [String]
    private let before: [[Int]]
    /// The steps so that each comes after all it waits for.
    private let order: [Int]
    /// By step: its nearest dominator; nil for none.
    private let dominators: [Int?]
    private let depths: [Int]
    /// By step, the last place for what is dominated by none: the steps right below it, side by
    /// side in the same stage.
    private let stages: [[[Int]]]
    private let strokes: Strokes

    init(_ steps: [StepStatus], _ style: Style) {
        names = steps.map(\.name)
        strokes = Strokes(style)
        let places = Dictionary(
            steps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let all = steps.map { $0.after.compactMap { places[$0] } }
        let order = Self.order(all)
        self.order = order
        // Without what would close a circle.
        var before = all.map { _ in [Int]() }
        var isOrdered = all.map { _ in false }
        for step in order {
            before[step] = all[step].filter { isOrdered[$0] }
            isOrdered[step] = true
        }
        self.before = before
        var dominators: [Int?] = Array(repeating: nil, count: steps.count)
        var depths = Array(repeating: 0, count: steps.count)
        for step in order {
            var common: Int?? = .none
            for earlier in before[step] {
                common = .some(
                    common.map { Self.common($0, earlier, dominators, depths) } ?? earlier)
            }
            dominators[step] = common ?? nil
            depths[step] = dominators[step].map { depths[$0] + 1 } ?? 0
        }
        self.dominators = dominators
        self.depths = depths
        stages = Self.stages(order, before, dominators, depths)
    }

    /// Whether one step just follows another, so that a list says all.
    var isChain: Bool { stages.allSatisfy { stages in stages.allSatisfy { $0.count == 1 } } }

    /// The lines, from the top.
    var rows: [Row] {
        var rows: [Row] = []
        // Steps with nothing below them so far: what a join joins.
        var ends: Set<Int> = []
        // What is drawn last lies at the bottom.
        var tasks = Array(tasks(below: names.count, "").reversed())
        while let task = tasks.popLast() {
            rows.append(
                Row(
                    step: task.step, prefix: task.prefix, below: task.below,
                    awaited: awaited(by: task, ends)))
            ends.subtract(before[task.step])
            ends.insert(task.step)
            tasks += self.tasks(below: task.step, task.below).reversed()
        }
        return rows
    }

    private func tasks(below step: Int, _ prefix: String) -> [Task] {
        stages[step].flatMap { stage in
            stage.enumerated().map { place, next in
                guard stage.count > 1 else {
                    return Task(step: next, prefix: prefix, below: prefix, isAlone: true)
                }
                let isLast = place == stage.count - 1
                return Task(
                    step: next, prefix: prefix + (isLast ? strokes.last : strokes.branch),
                    below: prefix + (isLast ? strokes.none : strokes.pass), isAlone: false)
            }
        }
    }

    /// What a step waits for, by name, if that is not all that the picture ends with above it.
    private func awaited(by task: Task, _ ends: Set<Int>) -> [String] {
        let wanted = before[task.step]
        guard wanted.count > 1 else { return [] }
        if task.isAlone, ends.filter({ isWithin(dominators[task.step], $0) }) == Set(wanted) {
            return []
        }
        return wanted.map { names[$0] }
    }

    /// Whether a step stands below another; all stand below nil.
    private func isWithin(_ top: Int?, _ step: Int) -> Bool {
        guard let top else { return true }
        var place: Int? = step
        while let one = place, depths[one] > depths[top] { place = dominators[one] }
        return place == top
    }

    // MARK: - The shape

    /// Kahn's order, of several the nearest to that of the saga. What stands in a circle, which no
    /// definition has, comes last.
    private static func order(_ before: [[Int]]) -> [Int] {
        var after = before.map { _ in [Int]() }
        for (step, earlier) in before.enumerated() {
            for one in earlier { after[one].append(step) }
        }
        var open = before.map(\.count)
        var ready = before.indices.filter { open[$0] == 0 }
        var order: [Int] = []
        while !ready.isEmpty {
            let step = ready.removeFirst()
            order.append(step)
            for next in after[step] {
                open[next] -= 1
                guard open[next] == 0 else { continue }
                let place = ready.firstIndex { $0 > next } ?? ready.count
                ready.insert(next, at: place)
            }
        }
        return order + before.indices.filter { open[$0] > 0 }
    }

    /// The nearest step that dominates both, or is one of them; nil if none does.
    private static func common(
        _ left: Int?, _ right: Int?, _ dominators: [Int?], _ depths: [Int]
    ) -> Int? {
        var (left, right) = (left, right)
        while let one = left, let other = right, one != other {
            if depths[one] >= depths[other] {
                left = dominators[one]
            } else {
                right = dominators[other]
            }
        }
        return left == right ? left : nil
    }

    private static func stages(
        _ order: [Int], _ before: [[Int]], _ dominators: [Int?], _ depths: [Int]
    ) -> [[[Int]]] {
        var stages: [[[Int]]] = Array(repeating: [], count: before.count + 1)
        var stage = Array(repeating: 0, count: before.count)
        for step in order {
            let top = dominators[step]
            for earlier in before[step] where earlier != top {
                // The branch of the same dominator that it is in.
                var branch = earlier
                while dominators[branch] != top, let up = dominators[branch] { branch = up }
                stage[step] = max(stage[step], stage[branch] + 1)
            }
            let place = top ?? before.count
            while stages[place].count <= stage[step] { stages[place].append([]) }
            stages[place][stage[step]].append(step)
        }
        return stages
    }
}
