internal import SagaSystem
package import SagaTransport

extension TLSEnvironment {
    /// The files and the clock of this machine.
    package static let system = TLSEnvironment(
        readFile: { path throws(TLSFileFault.Problem) in
            let bytes: [UInt8]
            do throws(SystemFailure) {
                bytes = try WholeFile.read(path, limit: fileBytes)
            } catch {
                throw .unreadable("\(error.code)")
            }
            guard bytes.count <= fileBytes else { throw .tooLarge(limitBytes: fileBytes) }
            return bytes
        },
        now: {
            CertificateDate(secondsSince1970: WallClock.microsecondsSince1970() / 1_000_000)
        })
}
