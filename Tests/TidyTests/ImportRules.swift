/// Which module may import which: the ladder of targets, one row each. Arrows go up only.
///
/// The standard library and swift-collections are free to all; nothing else is.
enum ImportRules {
    private static let free: Set<String> = [
        "Swift", "Synchronization", "BasicContainers", "BitCollections", "Collections",
        "DequeModule", "HashTreeCollections", "HeapModule", "OrderedCollections",
    ]

    private static let belowCoordinator: Set<String> = [
        "SagaModel", "SagaSystem", "SagaCompression", "SagaEngine", "SagaJournal", "SagaHTTP2",
        "SagaProtobuf", "SagaRPC", "SagaTransport",
    ]

    private static let programs: Set<String> = belowCoordinator.union([
        "SagaCoordinator", "SagaArchive", "SagaSimulator", "Saga", "SagaGRDB", "SagaDefinitionFile",
        "SagaProcesses", "ArgumentParser", "Histogram", "Logging", "ServiceLifecycle",
        "UnixSignals", "Yams",
    ])

    /// What each target may import beside what is free to all.
    static let allowed: [String: Set<String>] = [
        "CNghttp2": [], "CProtobufC": [], "CZlib": [], "CSagaProtos": [], "CSagaShims": [],
        "SagaModel": [],
        "SagaSystem": ["CSagaShims", "Glibc"],
        "SagaCompression": ["CZlib"],
        "SagaEngine": ["SagaModel"],
        "SagaJournal": ["SagaModel", "SagaSystem"],
        "SagaHTTP2": ["CNghttp2"],
        "SagaProtobuf": ["SagaModel", "CSagaProtos", "CProtobufC"],
        "SagaRPC": ["SagaHTTP2", "SagaCompression"],
        "SagaTransport": [
            "SagaRPC", "SagaHTTP2", "NIOCore", "NIOPosix", "NIOTLS", "NIOSSL", "Logging",
        ],
        "SagaCoordinator": belowCoordinator.union([
            "NIOCore", "NIOPosix", "NIOHTTP1", "NIOConcurrencyHelpers", "Logging", "Crypto",
        ]),
        "SagaArchive": [
            "SagaCoordinator", "SagaModel", "SagaCompression", "GRDB", "FoundationEssentials",
        ],
        "Saga": [
            "SagaModel", "SagaProtobuf", "SagaRPC", "SagaTransport", "NIOCore", "NIOPosix",
            "Logging", "Metrics", "ServiceLifecycle", "UnixSignals", "FoundationEssentials",
        ],
        "SagaGRDB": ["Saga", "GRDB"],
        "SagaPostgres": ["Saga"],
        "SagaDefinitionFile": ["SagaModel", "Yams"],
        "SagaProcesses": ["SagaModel", "SagaSystem"],
        "SagaTesting": belowCoordinator.union([
            "SagaCoordinator", "Saga", "NIOPosix", "Logging", "Testing",
        ]),
        "SagaSimulator": belowCoordinator.union(["SagaCoordinator", "Saga", "Logging"]),
        "sagad": programs.union(["FoundationEssentials"]),
        "sagactl": programs.union(["Crypto"]), "sagasim": programs, "sagabench": programs,
    ]

    /// Targets that have no row.
    static func unknownTargets(_ targets: [String]) -> [String] {
        targets.filter { allowed[$0] == nil }.map { "Sources/\($0): no row in ImportRules" }
    }

    /// Imports that the target's row does not have, and imports without an access level.
    static func faults(in text: String, of target: String) -> [String] {
        var faults: [String] = []
        for (index, line) in SwiftText(text).code.enumerated() {
            guard let parsed = parse(line) else { continue }
            if !free.contains(parsed.module),
                allowed[target]?.contains(parsed.module) != true
            {
                faults.append("\(index + 1): \(target) may not import \(parsed.module)")
            }
            if !parsed.hasAccessLevel {
                faults.append("\(index + 1): import \(parsed.module) has no access level")
            }
        }
        return faults
    }

    private static func parse(_ line: String) -> (module: String, hasAccessLevel: Bool)? {
        let levels: Set = ["public", "package", "internal", "fileprivate", "private"]
        let kinds: Set = [
            "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
        ]
        let words = line.split { $0 == " " || $0 == ";" }.map(String.init)
        guard let place = words.firstIndex(of: "import"),
            words[..<place].allSatisfy({ $0.hasPrefix("@") || levels.contains($0) })
        else { return nil }
        let rest = words[(place + 1)...].drop { kinds.contains($0) }
        guard let path = rest.first, let module = path.split(separator: ".").first else {
            return nil
        }
        return (String(module), words[..<place].contains { levels.contains($0) })
    }
}
