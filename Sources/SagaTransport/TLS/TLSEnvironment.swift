/// What TLS needs of the machine; given by the program, so that this target opens no file and reads
/// no wall clock by itself.
package struct TLSEnvironment: Sendable {
    /// All bytes of a file, called on a thread that may wait.
    package let readFile: @Sendable (String) throws(TLSFileFault.Problem) -> [UInt8]
    /// The wall clock.
    package let now: @Sendable () -> CertificateDate

    /// The most bytes a file of certificates may have: four times the roots of a Debian machine.
    package static let fileBytes = 1 << 20

    /// Takes both.
    package init(
        readFile: @escaping @Sendable (String) throws(TLSFileFault.Problem) -> [UInt8],
        now: @escaping @Sendable () -> CertificateDate
    ) {
        self.readFile = readFile
        self.now = now
    }
}
