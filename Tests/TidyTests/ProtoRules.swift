/// No message of the protos contains itself, however far down: protobuf-c unpacks nested messages
/// by recursion without a limit, so a peer could end the process with 30 KB.
enum ProtoRules {
    /// Each way from a message back to itself, as `a.A -> a.B -> a.A`; and types of
    /// `google.protobuf` that are recursive by themselves.
    static func recursions(in texts: [String]) -> [String] {
        var fields: [String: [String]] = [:]
        for text in texts {
            var parser = ProtoParser(text)
            fields.merge(parser.messages()) { $0 + $1 }
        }
        let recursive: Set = [
            "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue",
        ]
        var edges: [String: [String]] = [:]
        var faults: [String] = []
        for (message, types) in fields.sorted(by: { $0.key < $1.key }) {
            for type in types {
                if let target = resolve(type, in: message, known: fields.keys) {
                    edges[message, default: []].append(target)
                } else if recursive.contains(type) {
                    faults.append("\(message) -> \(type), which is recursive")
                }
            }
        }
        for message in fields.keys.sorted() {
            if let cycle = way(from: message, to: message, along: edges) {
                faults.append(cycle.joined(separator: " -> "))
            }
        }
        return faults
    }

    /// The innermost scope wins, as in protoc.
    private static func resolve(
        _ type: String, in message: String, known: some Collection<String>
    ) -> String? {
        if type.hasPrefix(".") {
            let name = String(type.dropFirst())
            return known.contains(name) ? name : nil
        }
        var scope = message.split(separator: ".").map(String.init)
        while true {
            let name = (scope + [type]).joined(separator: ".")
            if known.contains(name) { return name }
            if scope.popLast() == nil { return nil }
        }
    }

    private static func way(
        from start: String, to end: String, along edges: [String: [String]]
    ) -> [String]? {
        var visited: Set<String> = []
        var ways = [[start]]
        while let way = ways.popLast() {
            for next in edges[way[way.count - 1]] ?? [] {
                if next == end { return way + [next] }
                if visited.insert(next).inserted { ways.append(way + [next]) }
            }
        }
        return nil
    }
}

/// As much of the language as it takes to see which message holds which.
private struct ProtoParser {
    private var tokens: ArraySlice<String>
    private var found: [String: [String]] = [:]

    init(_ text: String) {
        // Comments and strings have the form they have in Swift.
        let code = SwiftText(text).code.joined(separator: "\n")
        var tokens: [String] = []
        var word = ""
        for character in code {
            if character.isLetter || character.isNumber || "._".contains(character) {
                word.append(character)
                continue
            }
            if !word.isEmpty { tokens.append(word) }
            word = ""
            if !character.isWhitespace { tokens.append(String(character)) }
        }
        self.tokens = tokens[...]
    }

    /// The types of all fields by the full name of their message.
    mutating func messages() -> [String: [String]] {
        var package: [String] = []
        while let token = tokens.popFirst() {
            switch token {
            case "package": package = [tokens.popFirst() ?? ""]
            case "message": message(in: package)
            case "{": skipBlock()
            default: break
            }
        }
        return found
    }

    private mutating func message(in scope: [String]) {
        let scope = scope + [tokens.popFirst() ?? ""]
        let name = scope.joined(separator: ".")
        found[name, default: []] = []
        _ = tokens.popFirst()
        var openBlocks = 1
        while openBlocks > 0, let token = tokens.popFirst() {
            switch token {
            case "message": message(in: scope)
            case "enum":
                tokens = tokens.drop { $0 != "{" }.dropFirst()
                skipBlock()
            case "oneof":
                tokens = tokens.drop { $0 != "{" }.dropFirst()
                openBlocks += 1
            case "}": openBlocks -= 1
            case "option", "reserved", "extensions": skipStatement()
            case "repeated", "optional", ";": break
            case "map":
                // map < key , value > name = number ;
                found[name, default: []] += tokens.dropFirst(3).prefix(1)
                skipStatement()
            default:
                found[name, default: []].append(token)
                skipStatement()
            }
        }
    }

    private mutating func skipStatement() {
        while let token = tokens.popFirst(), token != ";" {
            if token == "{" { skipBlock() }
        }
    }

    private mutating func skipBlock() {
        var depth = 1
        while depth > 0, let token = tokens.popFirst() {
            if token == "{" { depth += 1 } else if token == "}" { depth -= 1 }
        }
    }
}
