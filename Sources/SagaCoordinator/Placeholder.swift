import NIOCore
import NIOConcurrencyHelpers
import Crypto
