internal import ArgumentParser

/// What only benchmarks set.
struct BenchmarkOptions: ParsableArguments {
    @Option(
        name: .customLong("fdatasync-delay"),
        help: .limit(
            "For benchmarks only: how much longer each sync of the journal takes, as if the disk "
                + "were slower.", "microseconds"))
    var fdatasyncDelay: Int64 = 0

    func validate() throws {
        guard (0...10_000_000).contains(fdatasyncDelay) else {
            throw ValidationError("--fdatasync-delay is 0 to 10000000")
        }
    }
}
