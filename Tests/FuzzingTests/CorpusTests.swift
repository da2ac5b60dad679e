import Foundation
import Fuzzing
import Testing

/// What fuzzing has found and what led it there, once more.
@Suite struct CorpusTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzzing/Corpus")

    @Test("every input of the corpus keeps to the properties", arguments: FuzzTarget.allCases)
    func corpus(target: FuzzTarget) throws {
        let folder = Self.folder.appending(path: target.rawValue)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names.count >= 10)
        for name in names {
            let bytes = try Data(contentsOf: folder.appending(path: name))
            #expect(throws: Never.self, "\(target.rawValue)/\(name)") {
                try target.run(Array(bytes))
            }
        }
    }

    /// Few of the fuzzer's steps, so that the properties see more than what once went well.
    @Test("inputs near those of the corpus keep to them too", arguments: FuzzTarget.allCases)
    func neighbours(target: FuzzTarget) throws {
        let folder = Self.folder.appending(path: target.rawValue)
        var state: UInt64 = 1
        func random(below limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
            var bytes = Array(try Data(contentsOf: folder.appending(path: name)))
            guard !bytes.isEmpty else { continue }
            for _ in 0..<3 {
                let place = random(below: bytes.count)
                bytes[place] ^= UInt8(1 << random(below: 8))
                #expect(throws: Never.self, "\(target.rawValue)/\(name), byte \(place)") {
                    try target.run(bytes)
                }
            }
        }
    }
}
