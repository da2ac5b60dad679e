import Fuzzing

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<CommandLine.Arguments>,
    _ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// Where the program begins: SwiftPM makes `main` of it, and libFuzzer does the rest.
@_cdecl("FuzzHTTP2_main")
func main(
    _ count: Int32, _ arguments: CommandLine.Arguments
) -> Int32 {
    var count = count
    var arguments = arguments
    // SAFETY: both live as long as the call; the input of each run lives as long as that.
    return unsafe runDriver(&count, &arguments) { start, count in
        let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
        do {
            try FuzzTarget.http2.run(input)
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
