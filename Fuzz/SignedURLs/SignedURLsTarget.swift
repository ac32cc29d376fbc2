// SPDX-License-Identifier: Apache-2.0

internal import FerrySigning
internal import FerryWire
internal import FuzzReferences

/// Signed links: what was signed verifies, and nothing else ever does.
///
/// An input is a query, and behind line feeds a path, a file's id, a team's id, a time and a size, all of which are
/// optional. The seeds hold queries that the fixed keys signed.
struct SignedURLsTarget: FuzzTarget {
    private let now: Int64 = 1_800_000_000
    /// Bytes of a query beyond which none is read.
    private let longestQuery = 512
    private let current = SigningKey(id: "k2", secret: Array(repeating: 0x41, count: 32))
    private let previous = SigningKey(id: "k1", secret: Array(repeating: 0x42, count: 32))
    private let signer: LinkSigner
    private let claims: [LinkClaims]
    /// Queries that say ``claims``, by their place.
    private let issued: [[[[UInt8]]]]
    /// The lengths of all of ``issued``, which stay whatever the order of the parameters.
    private let issuedLengths: Set<Int>

    init() {
        let end = now + 86_400
        let path = "/uploads/aaaaaaaaaaaaaaaaaaaaaaaaaa"
        claims = [
            LinkClaims(operation: .upload, path: path, fileID: "a", teamID: "t", expires: end),
            LinkClaims(operation: .upload, path: path, fileID: "a", teamID: "t", expires: end, maximumSize: 1 << 20),
            LinkClaims(operation: .content, path: "/content/b/photo.png", fileID: "b", teamID: "t", expires: end),
            LinkClaims(operation: .content, path: "/content/b/photo.png", fileID: "b", teamID: "t", expires: now),
        ]
        signer = LinkSigner(current: current, previous: previous)
        let signers = [signer, LinkSigner(current: previous)]
        let queries = claims.map { claim in signers.map { $0.sign(claim) } }
        issued = queries.map { $0.map(queryParts) }
        issuedLengths = Set(queries.joined().map(\.utf8.count))
    }

    func run(_ input: [UInt8]) {
        var randomness = Randomness(input)
        let parts = split(randomness.stretched(input, beyond: longestQuery), into: 6)
        checkForged(parts[0])
        guard randomness.isOne(in: 2) else { return }
        let claim = LinkClaims(
            operation: randomness.below(2) == 0 ? .upload : .content, path: parts[1], fileID: parts[2],
            teamID: parts[3], expires: number(parts[4]) ?? now + 1, maximumSize: number(parts[5]))
        checkRound(claim, &randomness)
    }

    /// Only numbers that a link can carry.
    private func number(_ text: String) -> Int64? { Int64(text).flatMap { (0...1 << 62).contains($0) ? $0 : nil } }

    /// A query of any origin is accepted only if it was issued for this use, its parameters in any order.
    private func checkForged(_ query: String) {
        let parts = issuedLengths.contains(query.utf8.count) ? queryParts(query) : []
        // The first and the third stand for their use; what else they say comes with the query.
        for claim in [claims[0], claims[2]] {
            let origin = claims.indices.first { place in
                isSameUse(claims[place], claim) && issued[place].contains(parts)
            }.map { claims[$0] }
            switch verify(query, claim) {
            case .success(let link):
                promise(origin.map { now < $0.expires } ?? false, "a link that nobody signed was accepted")
                promise(
                    link == origin.map { VerifiedLink(expires: $0.expires, maximumSize: $0.maximumSize) },
                    "an accepted link says something else")
            case .failure(.expired):
                promise(origin.map { now >= $0.expires } ?? false, "a link that is not over was refused so")
            case .failure(.missing): promise(query.utf8.isEmpty, "a query was taken for none")
            case .failure(.invalid): promise(origin == nil && !query.utf8.isEmpty, "a signed link was refused")
            }
        }
    }

    private func isSameUse(_ first: LinkClaims, _ second: LinkClaims) -> Bool {
        first.operation == second.operation && isSame(first.path, second.path)
            && isSame(first.fileID, second.fileID) && isSame(first.teamID, second.teamID)
    }

    private func verify(_ query: String, _ claim: LinkClaims) -> Result<VerifiedLink, LinkRefusal> {
        let outcome = Result { () throws(LinkRefusal) in
            try signer.verify(
                query: query, operation: claim.operation, path: claim.path, fileID: claim.fileID,
                teamID: claim.teamID, now: now)
        }
        // Planted: of the signature all but the last eight digits are compared.
        if isCanaryPlanted, case .failure(.invalid) = outcome {
            let signed = signer.sign(claim)
            if query.utf8.count == signed.utf8.count, query.utf8.dropLast(8).elementsEqual(signed.utf8.dropLast(8)),
                query.utf8.suffix(8).allSatisfy({ "0123456789abcdef".utf8.contains($0) })
            {
                return .success(VerifiedLink(expires: claim.expires, maximumSize: claim.maximumSize))
            }
        }
        return outcome
    }

    /// What is signed verifies for the same use before its time, and no altered one does.
    private func checkRound(_ claim: LinkClaims, _ randomness: inout Randomness) {
        let query = signer.sign(claim)
        let now = claim.expires - 1
        var other = claim
        // One use for each input; the hash of the input says which.
        switch randomness.below(8) {
        case 0: other.operation = claim.operation == .upload ? .content : .upload
        case 1: other.path = altered(claim.path, &randomness)
        case 2: other.fileID = altered(claim.fileID, &randomness)
        case 3: other.teamID = altered(claim.teamID, &randomness)
        case 4: return promise(accepted(query, claim, now: now + 1) == nil, "a link is good when its time is over")
        case 5:
            let mutated = String(decoding: randomness.mutated(Array(query.utf8)), as: UTF8.self)
            guard queryParts(mutated) != queryParts(query) else { return }
            return promise(accepted(mutated, claim, now: now) == nil, "an altered link is accepted")
        default:
            let link = VerifiedLink(expires: claim.expires, maximumSize: claim.maximumSize)
            return promise(accepted(query, claim, now: now) == link, "a link does not verify")
        }
        promise(accepted(query, other, now: now) == nil, "a link is good for another use")
    }

    private func altered(_ text: String, _ randomness: inout Randomness) -> String {
        let bytes = Array(text.utf8)
        let mutated = bytes.isEmpty ? text : String(decoding: randomness.mutated(bytes), as: UTF8.self)
        return isSame(mutated, text) ? text + "x" : mutated
    }

    private func accepted(_ query: String, _ claim: LinkClaims, now: Int64) -> VerifiedLink? {
        try? signer.verify(
            query: query, operation: claim.operation, path: claim.path, fileID: claim.fileID, teamID: claim.teamID,
            now: now)
    }
}
