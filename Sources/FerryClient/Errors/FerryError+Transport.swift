// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension FerryError {
    /// What a failure below HTTP means for the caller: a ``FerryError``, or `CancellationError`.
    static func transport(_ error: any Error, to address: WebAddress) -> any Error {
        switch error {
        case is CancellationError, is FerryError: return error
        case let error as HTTPClientError: return client(error, to: address)
        case let error as StallError:
            return FerryError(
                .timeout, "\(address.host) went silent: \(error); the time limit is the idle timeout",
                underlying: error, isRetryable: true)
        case let error as NIOConnectionError: return connecting(error, to: address)
        case is SocketAddressError: return unresolved(address, error)
        case let error as NIOSSLError: return tls(error, to: address)
        case is NIOSSLExtraError: return untrusted(address, error)
        case let error as IOError:
            let unreached = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL].contains(error.errnoCode)
            return unreached ? unreachable(address, error) : lost(address, error)
        case ChannelError.connectTimeout: return connectTimeout(address, error)
        case is NIOTooManyBytesError:
            return FerryError(.limitExceeded, "the answer of \(address.host) is larger than this client takes")
        default: return lost(address, error)
        }
    }

    private static func client(_ error: HTTPClientError, to address: WebAddress) -> any Error {
        switch error {
        case .cancelled: return CancellationError()
        case .alreadyShutdown: return closed
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout,
            .socksHandshakeTimeout:
            return connectTimeout(address, error)
        case .deadlineExceeded, .readTimeout, .writeTimeout:
            return FerryError(
                .timeout, "\(address.host) did not answer in time", underlying: error, isRetryable: true)
        case .bodyLengthMismatch:
            return FerryError(.sourceChanged, "the content's length changed while it was sent", underlying: error)
        case .proxyAuthenticationRequired:
            return FerryError(
                .connection, "the proxy asks for credentials; put them into the proxy's address", underlying: error)
        case .invalidProxyResponse:
            return FerryError(
                .connection, "the proxy does not let through to \(address.host)", underlying: error)
        case .invalidURL, .emptyHost, .emptyScheme:
            return FerryError(.invalidInput, "\(address) is no usable address", underlying: error)
        default: return lost(address, error)
        }
    }

    private static func connectTimeout(_ address: WebAddress, _ error: any Error) -> FerryError {
        var translated = FerryError(
            .timeout, "no connection to \(address.authority) within the connect timeout; is the server up?",
            underlying: error, isRetryable: true)
        translated.wasNeverSent = true
        return translated
    }

    private static func connecting(_ error: NIOConnectionError, to address: WebAddress) -> FerryError {
        if error.connectionErrors.isEmpty, let cause = error.dnsAError ?? error.dnsAAAAError {
            return unresolved(address, cause)
        }
        return unreachable(address, error)
    }

    private static func unreachable(_ address: WebAddress, _ error: any Error) -> FerryError {
        var translated = FerryError(
            .connection, "could not connect to \(address.authority); is the server up and the address right?",
            underlying: error, isRetryable: true)
        translated.wasNeverSent = true
        return translated
    }

    private static func unresolved(_ address: WebAddress, _ error: any Error) -> FerryError {
        var translated = FerryError(
            .dns, "the name \(address.host) could not be resolved; check the address and the network",
            underlying: error, isRetryable: true)
        translated.wasNeverSent = true
        return translated
    }

    private static func tls(_ error: NIOSSLError, to address: WebAddress) -> FerryError {
        switch error {
        case .uncleanShutdown: return lost(address, error)
        case .handshakeFailed(.sslError(let stack)) where stack == [.eofDuringHandshake]:
            var translated = lost(address, error)
            translated.wasNeverSent = true
            return translated
        default: return untrusted(address, error)
        }
    }

    private static func untrusted(_ address: WebAddress, _ error: any Error) -> FerryError {
        FerryError(
            .tls,
            "no trusted connection to \(address.authority): the certificate or the handshake was refused; "
                + "if the server has a private certificate authority, give its file (caFile)",
            underlying: error)
    }

    private static func lost(_ address: WebAddress, _ error: any Error) -> FerryError {
        FerryError(
            .connection, "the connection to \(address.authority) was lost; try again", underlying: error,
            isRetryable: true)
    }
}
