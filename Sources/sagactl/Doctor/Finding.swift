/// One thing that was looked at, how it is, and what mends it.
struct Finding: Equatable {
    enum Level: String {
        /// In order.
        case ok
        /// Nothing fails yet, or it mends itself.
        case warn
        /// Something fails, and a person must act.
        case fail
    }

    let level: Level
    /// What was looked at; the same word in all releases.
    let check: String
    let text: String
    /// What to do; empty where nothing has to be done.
    let remedy: String

    init(_ level: Level, _ check: String, _ text: String, remedy: String = "") {
        self.level = level
        self.check = check
        self.text = text
        self.remedy = remedy
    }
}

extension JSONObject {
    /// A finding: `level`, `check`, `text`, `remedy`.
    init(_ finding: Finding) {
        self.init()
        set("level", finding.level.rawValue)
        set("check", finding.check)
        set("text", finding.text)
        set("remedy", finding.remedy)
    }
}
