import Fuzzing
import Glibc

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<CommandLine.Arguments>,
    _ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// What is fuzzed: an environment variable says it, since libFuzzer starts its own program again
/// with the arguments that it understands.
let target: FuzzTarget = {
    let variable = "FUZZ_TARGET"
    // SAFETY: nothing of this process changes its environment.
    let name = unsafe getenv(variable).map { unsafe String(cString: $0) }
    if let target = name.flatMap(FuzzTarget.init) { return target }
    let targets = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    fatalError("\(variable) is one of \(targets), not \(name ?? "unset")")
}()

/// Where the program begins: SwiftPM makes `main` of it, and libFuzzer does the rest.
@_cdecl("Fuzzer_main")
func main(
    _ count: Int32, _ arguments: CommandLine.Arguments
) -> Int32 {
    _ = target
    var count = count
    var arguments = arguments
    // SAFETY: both live as long as the call; the input of each run lives as long as that.
    return unsafe runDriver(&count, &arguments) { start, count in
        let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
        do {
            try target.run(input)
        } catch {
            fatalError("\(error)")
        }
        return 0
    }
}

extension CommandLine {
    /// What C calls `char **`.
    typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
}
