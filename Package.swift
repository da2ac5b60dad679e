// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors in the project's own checks (`Tests/run.sh` sets this), never for whoever links the package.
let warningsAreErrors = Context.environment["SAGA_WARNINGS_AS_ERRORS"] == "1"

/// `Tests/fuzz.sh` sets this: libFuzzer's flags are unsafe ones, with which no package may depend on
/// this one.
let isFuzzed = Context.environment["SAGA_FUZZ"] == "1"
/// Simulated worlds are tested with this: each bug of `PlantedBug` must be found.
let bugsCanBePlanted = Context.environment["SAGA_PLANTED_BUGS"] == "1"

let coordinatorOnly: TargetDependencyCondition? = .when(traits: ["Coordinator"])
let storesSQLite: TargetDependencyCondition? = .when(traits: ["Coordinator", "SQLiteStore"])

let collections: Target.Dependency = .product(name: "Collections", package: "swift-collections")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioConcurrency: Target.Dependency = .product(
    name: "NIOConcurrencyHelpers", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let crypto: Target.Dependency = .product(
    name: "Crypto", package: "swift-crypto", condition: coordinatorOnly)
let yams: Target.Dependency = .product(name: "Yams", package: "Yams", condition: coordinatorOnly)
let histogram: Target.Dependency = .product(
    name: "Histogram", package: "hdrhistogram-swift", condition: coordinatorOnly)
let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser", condition: coordinatorOnly)
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift", condition: storesSQLite)

let package = Package(
    name: "saga",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Saga", targets: ["Saga"]),
        .library(name: "SagaGRDB", targets: ["SagaGRDB"]),
        .library(name: "SagaDefinitionFile", targets: ["SagaDefinitionFile"]),
        .library(name: "SagaTesting", targets: ["SagaTesting"]),
        .executable(name: "sagad", targets: ["sagad"]),
        .executable(name: "sagactl", targets: ["sagactl"]),
        .executable(name: "sagabench", targets: ["sagabench"]),
    ],
    traits: [
        .trait(name: "Coordinator", description: "The daemon, the admin client and the benchmark."),
        .trait(name: "SQLiteStore", description: "SagaGRDB, the participant store over SQLite."),
        .default(enabledTraits: ["Coordinator", "SQLiteStore"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.36.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // C: three system libraries, generated messages, what Glibc's module hides.
        .systemLibrary(
            name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]
        ),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CSagaProtos", dependencies: ["CProtobufC"], publicHeadersPath: "."),
        .target(name: "CSagaShims"),

        // Values, machine, engine, journal: no sockets.
        .target(name: "SagaModel", dependencies: [collections]),
        .target(name: "SagaSystem", dependencies: ["CSagaShims"]),
        .target(name: "SagaEngine", dependencies: ["SagaModel", collections]),
        .target(name: "SagaJournal", dependencies: ["SagaModel", "SagaSystem", collections]),

        // The wire.
        .target(name: "SagaHTTP2", dependencies: ["CNghttp2", collections]),
        .target(name: "SagaProtobuf", dependencies: ["SagaModel", "CSagaProtos", "CProtobufC"]),
        .target(name: "SagaCompression", dependencies: ["CZlib"]),
        .target(name: "SagaRPC", dependencies: ["SagaHTTP2", "SagaCompression", collections]),
        .target(
            name: "SagaTransport",
            dependencies: [
                "SagaRPC", "SagaHTTP2", collections, nioCore, nioPosix, nioTLS, nioSSL, logging,
            ]),

        // Programs of the project as child processes, for tests and benchmarks.
        .target(name: "SagaProcesses", dependencies: ["SagaModel", "SagaSystem"]),

        // The daemon as a library, the SDK, and what stands beside them.
        .target(
            name: "SagaCoordinator",
            dependencies: [
                "SagaModel", "SagaSystem", "SagaEngine", "SagaJournal", "SagaHTTP2", "SagaProtobuf",
                "SagaRPC", "SagaTransport", collections, nioCore, nioPosix, nioHTTP1,
                nioConcurrency, logging, crypto,
            ]),
        .target(
            name: "SagaArchive",
            dependencies: ["SagaCoordinator", "SagaModel", "SagaCompression", grdb]),
        .target(
            name: "Saga",
            dependencies: [
                "SagaModel", "SagaProtobuf", "SagaRPC", "SagaTransport", collections, nioCore,
                nioPosix, logging, lifecycle, signals,
            ]),
        .target(name: "SagaGRDB", dependencies: ["Saga", grdb]),
        .target(
            name: "SagaDefinitionFile", dependencies: ["SagaModel", yams],
            resources: [.embedInCode("definition.schema.json")]),

        .target(
            name: "SagaSimulator",
            dependencies: [
                "SagaCoordinator", "Saga", "SagaModel", "SagaSystem", "SagaJournal", "SagaProtobuf",
                "SagaRPC", "SagaTransport", collections, logging,
            ]),

        .target(
            name: "SagaTesting",
            dependencies: [
                "SagaCoordinator", "Saga", "SagaModel", "SagaSystem", "SagaEngine", "SagaJournal",
                "SagaProtobuf", "SagaRPC", "SagaTransport", collections, nioPosix, logging,
            ]),

        // Programs.
        .executableTarget(
            name: "sagad",
            dependencies: [
                "SagaArchive", "SagaCoordinator", "SagaModel", "SagaSystem", logging, signals,
                argumentParser, yams,
            ]),
        .executableTarget(
            name: "sagactl",
            dependencies: [
                "Saga", "SagaModel", "SagaDefinitionFile", "SagaJournal", "SagaProtobuf", "SagaRPC",
                "SagaSystem", signals, argumentParser, crypto, yams,
            ]),
        .executableTarget(
            name: "sagabench",
            dependencies: [
                "Saga", "SagaModel", "SagaSystem", "SagaEngine", "SagaProcesses", "SagaJournal",
                "SagaTransport", "SagaRPC", "SagaHTTP2", "SagaCoordinator", "SagaArchive",
                collections, histogram, logging, argumentParser,
            ]),

        .executableTarget(
            name: "sagasim",
            dependencies: ["SagaSimulator", "SagaModel", "SagaSystem", argumentParser]),

        // Examples.
        .executableTarget(
            name: "FirstParticipant", dependencies: ["Saga"], path: "Examples/FirstParticipant"),
        .target(
            name: "OrderFulfillment", dependencies: ["Saga", grdb, argumentParser],
            path: "Examples/OrderFulfillment/Shared"),
        .executableTarget(
            name: "order-inventory",
            dependencies: ["OrderFulfillment", "Saga", "SagaGRDB", grdb, argumentParser],
            path: "Examples/OrderFulfillment/Inventory"),
        .executableTarget(
            name: "order-payments",
            dependencies: ["OrderFulfillment", "Saga", "SagaGRDB", grdb, argumentParser],
            path: "Examples/OrderFulfillment/Payments"),
        .executableTarget(
            name: "order-shipping",
            dependencies: ["OrderFulfillment", "Saga", "SagaGRDB", grdb, argumentParser],
            path: "Examples/OrderFulfillment/Shipping"),
        .executableTarget(
            name: "money-transfer", dependencies: ["Saga", "SagaGRDB", grdb, argumentParser],
            path: "Examples/MoneyTransfer", exclude: ["README.md", "run.sh"]),
        .executableTarget(
            name: "partner-onboarding",
            dependencies: [
                "Saga", "SagaGRDB", grdb, argumentParser, lifecycle, logging, signals,
            ],
            path: "Examples/PartnerOnboarding",
            exclude: ["README.md", "onboarding.yaml", "run.sh"]),
        .executableTarget(
            name: "event-monitor", dependencies: ["Saga", argumentParser],
            path: "Examples/event-monitor", exclude: ["README.md", "run.sh"]),

        .target(
            name: "LanguageModel", dependencies: ["Saga"], path: "Examples/LanguageModel"),
        .executableTarget(
            name: "content-generation",
            dependencies: ["LanguageModel", "Saga", "SagaGRDB", grdb, argumentParser],
            path: "Examples/ContentGeneration", exclude: ["README.md", "run.sh"]),
        .executableTarget(
            name: "content-publishing", dependencies: ["Saga", "SagaGRDB", grdb, argumentParser],
            path: "Examples/ContentPublishing", exclude: ["README.md", "run.sh"]),
        .executableTarget(
            name: "research-assistant",
            dependencies: ["LanguageModel", "Saga", "SagaGRDB", grdb, argumentParser],
            path: "Examples/ResearchAssistant", exclude: ["README.md", "run.sh"]),

        // Tests.
        .testTarget(name: "SagaModelTests", dependencies: ["SagaModel"]),
        .testTarget(name: "SagaSystemTests", dependencies: ["SagaSystem"]),
        .testTarget(
            name: "SagaEngineTests", dependencies: ["SagaEngine", "SagaModel"],
            exclude: ["Fixtures"]),
        .executableTarget(
            name: "JournalWriter", dependencies: ["SagaJournal", "SagaModel", "SagaSystem"],
            path: "Tests/JournalWriter"),
        .testTarget(
            name: "SagaJournalTests",
            dependencies: ["JournalWriter", "SagaJournal", "SagaModel", "SagaSystem"],
            exclude: ["read_journal.py"]),
        .testTarget(name: "SagaHTTP2Tests", dependencies: ["SagaHTTP2"]),
        .testTarget(
            name: "SagaProtobufTests", dependencies: ["SagaProtobuf", "SagaModel", "CSagaProtos"]),
        .testTarget(name: "SagaCompressionTests", dependencies: ["SagaCompression"]),
        .testTarget(
            name: "SagaRPCTests", dependencies: ["SagaRPC", "SagaHTTP2", "SagaCompression"]),
        .target(
            name: "Fuzzing",
            dependencies: [
                "SagaHTTP2", "SagaRPC", "SagaCompression", "SagaJournal", "SagaModel",
                "SagaProtobuf", "SagaSystem",
            ],
            path: "Tests/Fuzzing", exclude: ["Corpus"]),
        .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing"]),
        .testTarget(
            name: "SagaTransportTests",
            dependencies: [
                "SagaTransport", "SagaRPC", "SagaHTTP2", "SagaCompression", "SagaSystem", nioCore,
                nioPosix, nioTLS, nioSSL, logging,
            ]),
        .testTarget(
            name: "SagaCoordinatorTests",
            dependencies: [
                "SagaCoordinator", "SagaTransport", "SagaRPC", "SagaSystem", logging, "SagaEngine",
                "SagaModel", "SagaJournal", "SagaProtobuf", "SagaArchive",
            ],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "SagaArchiveTests",
            dependencies: [
                "SagaArchive", "SagaCoordinator", "SagaEngine", "SagaJournal", "SagaModel",
                "SagaProtobuf", "SagaSystem", logging, grdb,
            ]),
        .testTarget(
            name: "SagaSimulatorTests",
            dependencies: [
                "SagaSimulator", "SagaCoordinator", "SagaEngine", "SagaJournal", "SagaModel",
                "SagaSystem",
            ]),
        .testTarget(
            name: "SagaTests",
            dependencies: [
                "Saga", "SagaModel", "SagaProtobuf", "SagaRPC", "SagaTransport", nioCore, nioPosix,
                logging, lifecycle,
            ]),
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "order-inventory", "order-payments", "order-shipping", "OrderFulfillment", "Saga",
                "SagaGRDB", "SagaTesting", grdb,
            ]),
        .testTarget(name: "SagaTestingTests", dependencies: ["SagaTesting", "Saga", "SagaModel"]),
        .testTarget(
            name: "SagaGRDBTests", dependencies: ["SagaGRDB", "Saga", "SagaModel", grdb, logging]),
        .testTarget(
            name: "SagaDefinitionFileTests",
            dependencies: ["SagaDefinitionFile", "SagaModel", "SagaSystem", yams],
            exclude: ["validate.py"]),
        .target(
            name: "CInteropProtos", dependencies: ["CProtobufC"], path: "Tests/CInteropProtos",
            publicHeadersPath: "."),
        .executableTarget(
            name: "InteropServer",
            dependencies: [
                "CInteropProtos", "CProtobufC", "SagaCoordinator", "SagaProtobuf", "SagaRPC",
                "SagaHTTP2", "SagaTransport", nioCore, nioPosix, signals, argumentParser,
            ],
            path: "Tests/InteropServer"),
        .executableTarget(
            name: "ChaosParticipant",
            dependencies: ["Saga", "SagaGRDB", "SagaSystem", grdb, argumentParser],
            path: "Tests/ChaosParticipant"),
        .testTarget(
            name: "sagactlTests",
            dependencies: [
                "sagactl", "Saga", "SagaDefinitionFile", "SagaJournal", "SagaModel", "SagaProtobuf",
                "SagaSystem", argumentParser,
            ],
            exclude: ["Mermaid"]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "ChaosParticipant", "InteropServer", "Saga", "SagaModel", "SagaSystem",
                "SagaProcesses", "SagaGRDB", "SagaProtobuf",
                grdb, logging,
            ]),
        .testTarget(name: "TidyTests"),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
    if target.type != .test { target.swiftSettings?.append(.strictMemorySafety()) }
    if bugsCanBePlanted { target.swiftSettings?.append(.define("PLANTED_BUGS")) }
    if warningsAreErrors { target.swiftSettings?.append(.treatAllWarnings(as: .error)) }
}

if isFuzzed {
    let flags = ["-sanitize=fuzzer,address"]
    package.targets.append(
        .executableTarget(
            name: "Fuzzer", dependencies: ["Fuzzing"], path: "Tests/Fuzzer",
            swiftSettings: [
                .swiftLanguageMode(.v6), .unsafeFlags(flags + ["-parse-as-library"]),
            ],
            linkerSettings: [.unsafeFlags(flags + ["-use-ld=lld"])]))
    let fuzzed = [
        "SagaHTTP2", "SagaRPC", "SagaCompression", "SagaJournal", "SagaProtobuf", "Fuzzing",
    ]
    for target in package.targets where fuzzed.contains(target.name) {
        target.swiftSettings?.append(.unsafeFlags(flags))
    }
}
