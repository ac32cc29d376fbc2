// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What an answer's headers say of how long it holds (RFC 9111), as a cache of one user reads them.
enum FreshnessHeaders {
    /// Seconds for which the answer may be believed.
    ///
    /// `no-store` and `no-cache` are 0: a file must lie somewhere, but it is asked for anew each time. `max-age` counts
    /// less the age the answer has already; the shortest counts of several. Neither `s-maxage` nor `Expires` does.
    ///
    /// - Parameter unless: what counts where the server says nothing.
    static func seconds(_ answer: FetchedFile, unless standard: Int64) -> Int64 {
        // Several lines of a list are one, whatever stands between them.
        let header = answer.headers("cache-control").joined(separator: ",")
        var seconds: Int64?
        for part in header.utf8.split(separator: UInt8(ascii: ",")) {
            let directive = String(decoding: part.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self).lowercased()
            let pair = directive.split(separator: "=", maxSplits: 1).map(String.init)
            switch pair.first {
            case "no-store", "no-cache": return 0
            case "max-age":
                let digits = pair.count > 1 ? pair[1].filter { $0 != "\"" } : ""
                let said = Int64(digits).map { min(max(0, $0), CacheRecord.longestFreshness) } ?? 0
                seconds = min(seconds ?? said, said)
            default: break
            }
        }
        let age = answer.header("age").flatMap { Int64($0) } ?? 0
        return seconds.map { max(0, $0 - max(0, age)) } ?? standard
    }

    /// The SHA-256 of the whole file that an answer names (`Repr-Digest`, RFC 9530), in hexadecimal.
    static func sha256(_ answer: FetchedFile) -> String? {
        for member in answer.headers("repr-digest").joined(separator: ",").utf8.split(separator: UInt8(ascii: ",")) {
            let text = member.filter { $0 != 0x20 && $0 != 0x09 }
            guard let equals = text.firstIndex(of: UInt8(ascii: "=")),
                String(decoding: text[..<equals], as: UTF8.self).lowercased() == "sha-256"
            else { continue }
            let quoted = text[(equals + 1)...]
            guard quoted.count > 2, quoted.first == UInt8(ascii: ":"), quoted.last == UInt8(ascii: ":") else {
                continue
            }
            if let digest = Base64.decode(strict: Array(quoted.dropFirst().dropLast())), digest.count == 32 {
                return digest.hexadecimal
            }
        }
        return nil
    }
}
