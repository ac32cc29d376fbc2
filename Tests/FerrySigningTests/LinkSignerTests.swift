// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FerrySigning

@Suite struct LinkSignerTests {
    private let query = Samples.signer.sign(Samples.claims)

    // Both vectors were computed by another implementation of HMAC-SHA-256 over length-prefixed fields.
    @Test func `a content link is signed as the vector says`() {
        let signature = "03a97c29d1f9ade254d25c30ffc38e6feca13730e72b80a6998775694e9ff68d"
        #expect(query == "exp=1893456000&kid=k1&sig=\(signature)")
    }

    @Test func `an upload link with a size is signed as the vector says`() {
        let claims = LinkClaims(
            operation: .upload, path: "/uploads/\(Samples.id)", fileID: Samples.id, teamID: "", expires: 1 << 62,
            maximumSize: 0)
        let signature = "a5ac5beb45ac814768cfa43d432d5d90ec573e787f2e66431dbdf24c54d22d3e"
        let query = LinkSigner(current: Samples.second).sign(claims)
        #expect(query == "exp=4611686018427387904&kid=k2&max=0&sig=\(signature)")
    }

    @Test func `a link verifies for what it was signed for`() {
        #expect(outcome(query) == .success(VerifiedLink(expires: Samples.expires, maximumSize: nil)))
        let upload = LinkClaims(
            operation: .upload, path: "/uploads/x", fileID: "x", teamID: "t", expires: 10, maximumSize: 42)
        let verified = outcome(
            Samples.signer.sign(upload), operation: .upload, path: "/uploads/x", fileID: "x", teamID: "t", now: 9)
        #expect(verified == .success(VerifiedLink(expires: 10, maximumSize: 42)))
    }

    @Test func `the order of the parameters does not matter`() {
        let turned = query.split(separator: "&").reversed().joined(separator: "&")
        #expect(turned != query)
        #expect(outcome(turned) == .success(VerifiedLink(expires: Samples.expires, maximumSize: nil)))
    }

    @Test func `row 97, another use or path or file or team is refused`() {
        #expect(outcome(query, operation: .upload) == .failure(.invalid))
        #expect(outcome(query, path: "/content/\(Samples.id)/photo.png") == .failure(.invalid))
        #expect(outcome(query, fileID: "abcdefghijklmnopqrstuvwxy2") == .failure(.invalid))
        #expect(outcome(query, teamID: "team8") == .failure(.invalid))
        #expect(outcome(query, teamID: "") == .failure(.invalid))
    }

    @Test func `row 97, a content link is for GET and HEAD and an upload link for the methods of an upload`() {
        let methods = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "POST", "get", "TRACE", ""]
        #expect(methods.filter(LinkOperation.content.allows) == ["GET", "HEAD"])
        #expect(methods.filter(LinkOperation.upload.allows) == ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
    }

    @Test func `row 98, only the canonical spelling of a path verifies`() {
        let spellings = [
            "/" + Samples.path, "/." + Samples.path, Samples.path + "/", Samples.path + ";x",
            "/content/\(Samples.id)/%70hoto.jpg", "/content/\(Samples.id)//photo.jpg",
            "/content/\(Samples.id)/PHOTO.jpg",
        ]
        for path in spellings { #expect(outcome(query, path: path) == .failure(.invalid), "\(path)") }
    }

    @Test func `fields cannot lend bytes to each other`() {
        let shifted = LinkClaims(
            operation: .content, path: Samples.path + "a", fileID: String(Samples.id.dropFirst()), teamID: "team7",
            expires: Samples.expires)
        #expect(shifted.signedBytes(keyID: "k1") != Samples.claims.signedBytes(keyID: "k1"))
        #expect(outcome(query, path: Samples.path + "a", fileID: shifted.fileID) == .failure(.invalid))
    }

    @Test func `names that look equal are not the same bytes`() {
        let composed = LinkClaims(operation: .content, path: "/c/é", fileID: "é", teamID: "t", expires: 10)
        let query = Samples.signer.sign(composed)
        #expect(outcome(query, path: "/c/é", fileID: "é", teamID: "t", now: 1) != .failure(.invalid))
        let decomposed = "e\u{301}"
        #expect(
            outcome(query, path: "/c/\(decomposed)", fileID: decomposed, teamID: "t", now: 1) == .failure(.invalid))
    }

    @Test func `a link ends at its second`() {
        #expect(outcome(query, now: Samples.expires - 1) != .failure(.expired))
        #expect(outcome(query, now: Samples.expires) == .failure(.expired))
        #expect(outcome(query, now: .max) == .failure(.expired))
    }

    @Test func `an altered link is invalid even when its time is over`() {
        #expect(outcome(query, path: "/other", now: .max) == .failure(.invalid))
    }

    @Test func `both live keys verify, a third does not, and one that is gone does not`() {
        let other = SigningKey(id: "k3", secret: Array(64..<96))
        let rotated = LinkSigner(current: Samples.second, previous: Samples.first)
        #expect(outcome(query, signer: rotated) == .success(VerifiedLink(expires: Samples.expires, maximumSize: nil)))
        let fresh = rotated.sign(Samples.claims)
        #expect(fresh.contains("kid=k2"))
        #expect(outcome(fresh, signer: rotated) == .success(VerifiedLink(expires: Samples.expires, maximumSize: nil)))
        #expect(outcome(LinkSigner(current: other).sign(Samples.claims), signer: rotated) == .failure(.invalid))
        #expect(outcome(query, signer: LinkSigner(current: Samples.second)) == .failure(.invalid))
        let imposter = SigningKey(id: "k1", secret: other.secret)
        #expect(outcome(query, signer: LinkSigner(current: imposter)) == .failure(.invalid))
    }

    @Test func `a key's name is covered by the signature`() {
        let renamed = LinkSigner(
            current: Samples.first, previous: SigningKey(id: "k9", secret: Samples.first.secret))
        let swapped = query.split(separator: "&").map { $0 == "kid=k1" ? "kid=k9" : $0 }.joined(separator: "&")
        #expect(outcome(swapped, signer: renamed) == .failure(.invalid))
    }

    @Test func `nothing verifies under a short secret or an unfit name`() {
        for key in [
            SigningKey(id: "k1", secret: []), SigningKey(id: "k1", secret: Array(repeating: 7, count: 31)),
            SigningKey(id: "k-1", secret: Samples.first.secret), SigningKey(id: "", secret: Samples.first.secret),
        ] {
            let signer = LinkSigner(current: key)
            #expect(outcome(signer.sign(Samples.claims), signer: signer) == .failure(.invalid))
        }
    }

    @Test func `a key's secret shows in no description`() {
        let key = SigningKey(id: "k1", secret: Array("very-secret-bytes-of-a-signing-key".utf8))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(text.contains("k1"))
            #expect(!text.contains("118"), "118 is the letter v")
        }
    }
}
