/// What a customer wants: the input of the saga, and so of every step.
public struct Order: Codable, Sendable {
    public var id: String
    public var customer: String
    public var quantity: Int
    /// The price of all of it.
    public var cents: Int64
    public var postalCode: String

    public init(
        id: String, customer: String, quantity: Int, cents: Int64, postalCode: String
    ) {
        self.id = id
        self.customer = customer
        self.quantity = quantity
        self.cents = cents
        self.postalCode = postalCode
    }
}

/// What reserving gives back.
public struct Reservation: Codable, Sendable {
    public var quantity: Int
    /// How many are left for others.
    public var left: Int

    public init(quantity: Int, left: Int) {
        self.quantity = quantity
        self.left = left
    }
}

/// What charging gives back.
public struct Charge: Codable, Sendable {
    public var id: String
    public var cents: Int64

    public init(id: String, cents: Int64) {
        self.id = id
        self.cents = cents
    }
}

/// What booking a carrier gives back; the saga's output, since it is the last step's.
public struct Shipment: Codable, Sendable {
    public var trackingNumber: String

    public init(trackingNumber: String) {
        self.trackingNumber = trackingNumber
    }
}
