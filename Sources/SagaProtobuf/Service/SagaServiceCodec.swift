/// The messages of `SagaService`: requests and answers, as the coordinator and as clients need
/// them.
///
/// A function is named after the rpc it belongs to; each side of it stands in an extension.
package enum SagaServiceCodec {}
