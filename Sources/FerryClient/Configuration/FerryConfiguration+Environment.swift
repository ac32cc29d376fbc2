// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension FerryConfiguration {
    /// A configuration from the process's environment; see ``init(environment:)``.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`) for a proxy address that cannot be used.
    public static func fromEnvironment() throws -> FerryConfiguration {
        try FerryConfiguration(environment: ProcessEnvironment.variables())
    }

    /// A configuration from these variables; empty ones count as absent.
    ///
    /// Read are `INFERENCE_API_KEY`, else `INFSH_API_KEY`; `INFERENCE_BASE_URL`; `HTTPS_PROXY`, `HTTP_PROXY` and
    /// `NO_PROXY` in either case, the lower-case one first; `SSL_CERT_FILE`; `HOME`.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`) for a proxy address that cannot be used.
    public init(environment: [String: String]) throws {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        self.init(
            apiKey: value("INFERENCE_API_KEY", "INFSH_API_KEY").map { APIKey($0) },
            baseURL: value("INFERENCE_BASE_URL") ?? Self.defaultBaseURL,
            proxies: try ProxySettings(environment: environment), systemCAFile: value("SSL_CERT_FILE"),
            homeFolder: value("HOME"))
    }
}

/// The variables of this process.
enum ProcessEnvironment {
    /// A copy of them; text that is not UTF-8 is repaired.
    static func variables() -> [String: String] {
        var variables: [String: String] = [:]
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        while let entry = next?.pointee {
            let text = String(cString: entry)
            if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                variables[String(text[..<equals])] = String(text[text.utf8.index(after: equals)...])
            }
            next = next?.advanced(by: 1)
        }
        return variables
    }
}
