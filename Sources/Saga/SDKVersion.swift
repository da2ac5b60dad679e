/// The SDK's own name and version, as it tells them to coordinators.
enum SDKVersion {
    static let name = "saga-swift"
    static let number = "0.1.0"
    static let text = "\(name)/\(number)"
}
