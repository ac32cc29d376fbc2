// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOCore
import NIOPosix

extension FileCache {
    /// Asks the server for a file and fetches it if it is not the one that is there. The caller has the lock.
    func fetchWeb(_ request: Request) async throws -> CachedFile {
        let known = try await threads.runIfActive { [self] in
            sweep()
            return try record(request.key).flatMap { record in
                try folder.lease(record.sha256, size: record.size).map { (record, $0) }
            }
        }
        // What may be confirmed must not be evicted meanwhile.
        defer { withExtendedLifetime(known) {} }
        return try await withPart { try await fetchWeb(request, known: known?.0, into: $0) }
    }

    private func fetchWeb(
        _ request: Request, known: CacheRecord?, into part: PartFile
    ) async throws -> CachedFile {
        var attempt = WebAttempt(known: known, variant: request.variant, limits: limits)
        var tries = 0
        while true {
            do {
                let outcome = try await attempt.run(request.address.text, into: part, self)
                switch outcome {
                case .unchanged(let record):
                    return try await confirm(record, request)
                case .fetched(let answer):
                    let record = self.record(of: answer, part, attempt.resource, request)
                    return try await commit(part, record, key: request.key)
                }
            } catch let failure as AppFailure where failure.isRetryableDownload && tries < limits.retries {
                tries += 1
                let pause = limits.backoff * (1 << min(tries - 1, 16))
                try await Task.sleep(for: pause)
                if failure.code == .fileDamaged { attempt.forget() }
            }
        }
    }

    /// The server says that what is there still holds.
    private func confirm(_ record: CacheRecord, _ request: Request) async throws -> CachedFile {
        var record = record
        record.validated = now()
        record.add(variant: request.variant)
        let confirmed = record
        let file = try await threads.runIfActive { [self] in
            try keep(confirmed, key: request.key)
            return try open(confirmed, wasCached: true)
        }
        guard let file else { throw AppFailure.storage("find a file again", 2) }
        return file
    }

    private func record(
        of answer: FetchedFile, _ part: PartFile, _ resource: WebAttempt.Resource?, _ request: Request
    ) -> CacheRecord {
        let given = answer.filename.map(Self.name) ?? request.address.filename
        let head = part.head
        let detected = MediaType.detect(head: head, filename: given, isWhole: part.size == Int64(head.count))
        let stated = answer.header("content-type").flatMap { MediaType($0) }
        let isTelling = stated.map { !Self.silent.contains($0.essence) } ?? false
        return CacheRecord(
            sha256: part.digest.hexadecimal, size: part.size,
            contentType: isTelling ? stated?.description ?? detected : detected, filename: given,
            etag: resource?.etag, lastModified: resource?.lastModified, validated: now(),
            freshFor: FreshnessHeaders.seconds(answer, unless: limits.freshness), variants: [request.variant],
            shown: request.address.shown)
    }

    /// Types that servers give to what they know nothing of.
    private static let silent: Set<String> = [
        "application/octet-stream", "binary/octet-stream", "application/x-download", "application/force-download",
        "application/unknown",
    ]

    /// A name out of a header, made safe to create: its last part, whatever stands before a slash.
    private static func name(_ given: String) -> String {
        let last = given.utf8.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }.last
        let name = last.map { String(decoding: Array($0), as: UTF8.self) } ?? ""
        return name == "." || name == ".." ? Filename.fallback : Filename.safe(name)
    }
}
