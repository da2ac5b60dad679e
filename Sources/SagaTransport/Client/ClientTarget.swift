/// The addresses under which one service is to be found, in the order they are tried.
package struct ClientTarget: Equatable, Sendable, CustomStringConvertible {
    /// At least one.
    package let addresses: [ClientAddress]

    /// Why a text names no target.
    package enum Fault: Error, Equatable, Sendable {
        /// Neither HOST:PORT nor `unix:PATH`.
        case address(String)
    }

    /// Takes one address.
    package init(_ address: ClientAddress) { addresses = [address] }

    /// Reads addresses joined by commas, each HOST:PORT or `unix:PATH`.
    package init(_ text: String) throws(Fault) {
        var addresses: [ClientAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let trimmed = part.drop { $0 == " " }
            guard let address = ClientAddress(String(trimmed)) else {
                throw .address(String(trimmed))
            }
            addresses.append(address)
        }
        self.addresses = addresses
    }

    /// The text that `init(_:)` reads.
    package var description: String {
        addresses.map(\.description).joined(separator: ",")
    }
}
