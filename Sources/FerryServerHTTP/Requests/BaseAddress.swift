// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import HTTPTypes

/// The address that links handed out begin with.
enum BaseAddress {
    /// Most bytes of a host with its port.
    private static let maximumLength = 255

    /// `--public-url` if there is one, else `http://` and the request's host, which must look like one.
    ///
    /// - Throws: ``ServerError`` of code `invalid_request` for a missing or malformed `Host`.
    static func of(_ head: HTTPRequest, publicURL: String?) throws(ServerError) -> String {
        if let publicURL { return publicURL }
        do throws(NoHost) {
            return "http://\(try host(of: head))"
        } catch {
            throw error.serverError
        }
    }

    /// A request does not say once, and well, whom it asks.
    struct NoHost: Error {
        var serverError: ServerError {
            ServerError(.invalidRequest, "missing, malformed or second Host header")
        }
    }

    /// The request's host, which every request must name once (RFC 9112 section 3.2).
    ///
    static func host(of head: HTTPRequest) throws(NoHost) -> String {
        // The first one is the authority; a second one is left among the fields.
        guard let host = head.authority, isHost(host), !head.headerFields.contains(.hostField) else { throw NoHost() }
        return host
    }

    /// Letters, digits, dots, dashes, underscores, and colons and brackets for ports and IPv6.
    private static func isHost(_ text: String) -> Bool {
        guard (1...maximumLength).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
    }
}
