// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import FerryWire
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension FetchError {
    /// What a failure below HTTP means: a ``FetchError``, or `CancellationError`.
    static func translating(_ error: any Error, _ url: ForeignURL) -> any Error {
        switch error {
        case is CancellationError, is FetchError: return error
        case let error as HTTPClientError:
            switch error {
            case .cancelled: return CancellationError()
            case .connectTimeout, .getConnectionFromPoolTimeout:
                return FetchError(.unreachable, "\(url) does not answer", cause: error)
            case .tlsHandshakeTimeout: return FetchError(.tls, "\(url) does not speak TLS", cause: error)
            case .deadlineExceeded, .readTimeout, .writeTimeout:
                return FetchError(.timedOut, "\(url) did not answer in time", cause: error)
            default: return FetchError(.truncated, "\(url) broke off", cause: error)
            }
        case is NIOConnectionError, is SocketAddressError, ChannelError.connectTimeout:
            return FetchError(.unreachable, "\(url) cannot be reached", cause: error)
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return FetchError(.tls, "\(url) has no certificate that can be trusted", cause: error)
        case let error as IOError:
            let isUnreached = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL].contains(error.errnoCode)
            return FetchError(
                isUnreached ? .unreachable : .truncated, "\(url) \(isUnreached ? "cannot be reached" : "broke off")",
                cause: error)
        default: return FetchError(.truncated, "\(url) broke off", cause: error)
        }
    }
}
