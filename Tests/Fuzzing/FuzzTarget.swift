/// What is fuzzed, by the name of its folder in `Corpus`.
///
/// A body is plain code over an input, so that the fuzzer and the tests that replay the corpus run
/// the same.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case http2 = "HTTP2"
    case rpc = "RPC"
    case decompressor = "Decompressor"
    case journal = "Journal"

    /// Runs an input.
    ///
    /// - Throws: the property that does not hold.
    package func run(_ bytes: [UInt8]) throws {
        switch self {
        case .http2: try SessionBody.run(FuzzInput(bytes))
        case .rpc:
            let input = FuzzInput(bytes)
            if input.has(.isClient) {
                try ClientBody.run(input)
            } else {
                try ServerBody.run(input)
            }
        case .decompressor: try DecompressorBody.run(bytes)
        case .journal: try JournalBody.run(bytes)
        }
    }
}

/// A property that an input has broken.
package struct FuzzFailure: Error, CustomStringConvertible {
    /// What is wrong.
    package let description: String

    init(_ description: String) { self.description = description }
}

/// Fails the input if a property does not hold.
func require(
    _ holds: Bool, _ text: @autoclosure () -> String
) throws {
    guard holds else { throw FuzzFailure(text()) }
}
