internal import SagaSystem

/// How long an fdatasync of 4 KiB takes on the disk that is measured, in the same run.
enum SyncProbe {
    /// The median of so many syncs into a file of zeros, in microseconds.
    static func medianMicroseconds(in directory: String, count: Int = 200) throws -> Int64 {
        let path = directory + "/sync-probe"
        let file = try FileDescriptor.create(path)
        let zeros = [UInt8](repeating: 0, count: 4_096 * count)
        try file.write(zeros.span, at: 0)
        try file.synchronize()
        let block = [UInt8](repeating: 1, count: 4_096)
        var times: [Int64] = []
        for index in 0..<count {
            try file.write(block.span, at: index * block.count)
            let began = MonotonicInstant.now()
            try file.synchronizeData()
            times.append(MonotonicInstant.now().microseconds(since: began))
        }
        try WholeFile.removeIfPresent(path)
        return times.sorted()[count / 2]
    }
}
