public import Saga

// The names that order.yaml uses, with the types that they take and give. Services may share them
// as here, or each copy what it needs: nothing but the name goes over the wire.

public enum Inventory {
    public static let reserve = HandlerName<Order, Reservation>("inventory.reserve")
}

public enum Payments {
    public static let charge = HandlerName<Order, Charge>("payments.charge")
}

public enum Shipping {
    public static let book = HandlerName<Order, Shipment>("shipping.book")
}
