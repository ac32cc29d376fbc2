// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FerrySigning

@Suite struct LinkQueryTests {
    private let query = Samples.signer.sign(Samples.claims)
    private var signature: String { String(query.split(separator: "=").last ?? "") }

    @Test func `a link without a query has no signature`() {
        #expect(outcome("") == .failure(.missing))
    }

    @Test func `row 95, a signature that is cut, empty, upper-case, an array or doubled is refused`() {
        let head = "exp=1893456000&kid=k1"
        let upper = String(decoding: signature.utf8.map { (97...102).contains($0) ? $0 - 32 : $0 }, as: UTF8.self)
        #expect(upper != signature)
        let queries = [
            "\(head)&sig=\(signature.dropLast())", "\(head)&sig=\(signature.dropLast(2))", "\(head)&sig=",
            "\(head)&sig", head, "\(head)&sig=\(upper)", "\(head)&sig[]=\(signature)", "\(head)&sig%5B%5D=\(signature)",
            "\(head)&sig=\(signature)&sig=\(signature)", "\(head)&sig=&sig=\(signature)", "\(head)&sig=\(signature)00",
            "\(head)&SIG=\(signature)", "\(head)& sig=\(signature)", "\(head)&sig= \(signature)",
            "\(head)&s%69g=\(signature)", "\(head)&sig=%30\(signature.dropFirst())",
        ]
        for query in queries { #expect(outcome(query) == .failure(.invalid), "\(query)") }
    }

    @Test func `any other parameter, an empty one and a doubled one are refused`() {
        let queries = [
            "\(query)&x=1", "\(query)&", "&\(query)", "?\(query)", "\(query)&x", "\(query)&=", "\(query)#f",
            "\(query)&exp=1893456000", "\(query)&kid=k1", "\(query)&max=1", "\(query);x=1", "x", "&&",
            String(repeating: "a", count: 100_000), "\(query)\r\n", "\(query)\u{0}",
        ]
        for query in queries { #expect(outcome(query) == .failure(.invalid), "\(query.prefix(200))") }
    }

    @Test func `row 96, an end that is past is expired, and one that is no canonical number is invalid`() {
        for expires: Int64 in [0, 1, Samples.now] {
            var claims = Samples.claims
            claims.expires = expires
            #expect(outcome(Samples.signer.sign(claims)) == .failure(.expired))
        }
        let spellings = [
            "-1", "-0", "+1893456000", "01893456000", " 1893456000", "1893456000 ", "1e9", "1.0", "0x70DBD880", "",
            "9223372036854775807", "9223372036854775808", "18446744073709551616", "4611686018427387905",
            "99999999999999999999", "１８９３４５６０００", "1893456000\u{301}", "nan",
        ]
        for spelling in spellings {
            #expect(outcome("exp=\(spelling)&kid=k1&sig=\(signature)") == .failure(.invalid), "\(spelling)")
        }
        #expect(outcome("kid=k1&sig=\(signature)") == .failure(.invalid))
    }

    @Test func `an end beyond 2^62 is never accepted, even when it is signed`() {
        for expires: Int64 in [-1, .min, (1 << 62) + 1, .max] {
            var claims = Samples.claims
            claims.expires = expires
            #expect(outcome(Samples.signer.sign(claims)) == .failure(.invalid))
        }
    }

    @Test func `a size cannot be added, dropped or changed`() {
        var claims = Samples.claims
        claims.maximumSize = 10
        let sized = Samples.signer.sign(claims)
        #expect(outcome(sized) == .success(VerifiedLink(expires: Samples.expires, maximumSize: 10)))
        for parameter in ["", "max=11&", "max=010&", "max=&", "max=-1&", "max=10&max=10&"] {
            let text = sized.split(separator: "&").filter { !$0.utf8.starts(with: "max".utf8) }
            let changed = text.dropLast().joined(separator: "&") + "&" + parameter + (text.last ?? "")
            #expect(outcome(changed) == .failure(.invalid), "\(changed)")
        }
        #expect(outcome(query.replacing("&sig", with: "&max=10&sig")) == .failure(.invalid))
    }

    @Test func `no signed URL verifies with one bit flipped or one byte changed, dropped or added`() {
        let url = Array("\(Samples.path)?\(query)".utf8)
        #expect(verifies(url))
        var verified: [String] = []
        func check(_ bytes: [UInt8]) {
            if bytes != url, verifies(bytes) { verified.append(String(decoding: bytes, as: UTF8.self)) }
        }
        for position in url.indices {
            // Flipping one bit is among these.
            for byte in UInt8.min...UInt8.max {
                var changed = url
                changed[position] = byte
                check(changed)
            }
            var shorter = url
            shorter.remove(at: position)
            check(shorter)
            for byte in Array("0aA&=?/%".utf8) {
                var longer = url
                longer.insert(byte, at: position)
                check(longer)
            }
        }
        #expect(verified == [])
    }

    /// Whether a server would take the URL: split at the first question mark, the id being the second segment.
    private func verifies(_ url: [UInt8]) -> Bool {
        let parts = url.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(decoding: parts[0], as: UTF8.self)
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count == 4, segments[1] == "content" else { return false }
        let query = parts.count == 2 ? String(decoding: parts[1], as: UTF8.self) : ""
        if case .success = outcome(query, path: path, fileID: String(segments[2])) { return true }
        return false
    }
}
