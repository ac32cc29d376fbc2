// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension BlobFolder {
    /// The first keys after that one, in byte order. One shard's names are in memory at a time.
    func keys(after: String?, limit: Int) throws(ServerError) -> [String] {
        do throws(SystemError) {
            return try listKeys(after: after ?? "", limit: limit)
        } catch {
            throw error.serverError
        }
    }

    private func listKeys(after: String, limit: Int) throws(SystemError) -> [String] {
        var keys: [String] = []
        for team in try rootNames() where Identifier.isValid(team) {
            guard Self.mayHoldKeys(prefix: team, after: after) else { continue }
            let folder = try openFolder(team: team)
            for shard in try folder.names() where BlobKey.isShard(shard) {
                guard Self.mayHoldKeys(prefix: "\(team)/\(shard)", after: after) else { continue }
                for digest in try folder.openFolder(shard).names() where digest.utf8.starts(with: shard.utf8) {
                    guard let key = BlobKey(team: team, sha256: digest)?.description,
                        after.utf8.lexicographicallyPrecedes(key.utf8)
                    else { continue }
                    keys.append(key)
                    if keys.count == limit { return keys }
                }
            }
        }
        return keys
    }

    /// Whether a key with that prefix can come after the given one.
    private static func mayHoldKeys(prefix: String, after: String) -> Bool {
        !prefix.utf8.lexicographicallyPrecedes(after.utf8.prefix(prefix.utf8.count))
    }
}
