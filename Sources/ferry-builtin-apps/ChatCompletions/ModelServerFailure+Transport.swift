// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FerryApp
import NIOCore
import NIOPosix

#if canImport(Musl)
import Musl
#elseif canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension ModelServerFailure {
    /// What a failure below HTTP means: a ``ModelServerFailure``, or `CancellationError`. Addresses are not told: a task's
    /// log and its error are the caller's, the address is the operator's.
    static func translating(_ error: any Error) -> any Error {
        if Task.isCancelled { return CancellationError() }
        switch error {
        case is CancellationError, is ModelServerFailure, is AppFailure: return error
        case let error as HTTPClientError: return client(error)
        case let error as NIOConnectionError:
            if let cause = error.connectionErrors.first?.error as? IOError { return unreachable(words(cause)) }
            return unreachable(error.connectionErrors.isEmpty ? "its name is not known" : "the connection failed")
        case let error as IOError: return unreachable(words(error))
        case ChannelError.connectTimeout: return unreachable("it does not answer")
        default: return unreachable("the connection failed")
        }
    }

    private static func client(_ error: HTTPClientError) -> any Error {
        switch error {
        case .cancelled: CancellationError()
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout: unreachable("it does not answer")
        case .deadlineExceeded, .readTimeout: late
        case .remoteConnectionClosed: unreachable("it hung up without an answer")
        default: unreachable(error.shortDescription.lowercased())
        }
    }

    private static func words(_ error: IOError) -> String { String(cString: strerror(error.errnoCode)).lowercased() }
}
