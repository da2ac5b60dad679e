/// Cents as people write them: `850.00`.
public func money(_ cents: Int64) -> String {
    let rest = String(cents % 100)
    return "\(cents / 100)." + String(repeating: "0", count: 2 - rest.count) + rest
}
