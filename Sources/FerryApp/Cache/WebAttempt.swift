// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOCore
import NIOPosix

/// The tries to fetch one file: what was asked for, what came, and from where to go on.
struct WebAttempt: Sendable {
    /// What a server said of the file whose bytes are coming.
    struct Resource: Sendable {
        var etag: String?
        var lastModified: String?
        var total: Int64?
        var sha256: String?

        /// What names the bytes so surely that the rest of them may be asked for: a strong tag. A time of change does
        /// not, since a file may change twice within its second.
        var validator: String? { etag.flatMap { $0.utf8.starts(with: "W/".utf8) ? nil : $0 } }

        /// Whether an answer brings the rest of these bytes. That it answers If-Range proves nothing: some servers look
        /// at Range alone.
        ///
        /// - Parameter size: bytes that are there.
        func goesOn(with answer: FetchedFile, at size: Int64) -> Bool {
            guard let range = PartRange(answer.header("content-range")), range.start == size else { return false }
            if let stated = range.total, let total, stated != total { return false }
            if let stated = FreshnessHeaders.sha256(answer), let sha256, stated != sha256 { return false }
            guard let tag = answer.header("etag") else { return range.total != nil && range.total == total }
            return tag == etag
        }
    }

    enum Outcome: Sendable {
        case unchanged(CacheRecord)
        case fetched(FetchedFile)
    }

    /// The record whose bytes are there and may be confirmed.
    private var known: CacheRecord?
    private let limits: FileCacheLimits
    private let variant: String
    /// Of the bytes in the part; nil if there are none that may be gone on with.
    private(set) var resource: Resource?
    /// The headers of the answer that began the part.
    private var first: FetchedFile?

    init(known: CacheRecord?, variant: String, limits: FileCacheLimits) {
        self.known = known
        self.variant = variant
        self.limits = limits
    }

    /// Begins anew with the next try.
    mutating func forget() {
        resource = nil
        known = nil
    }

    /// Sends one request and takes in its answer.
    mutating func run(_ url: String, into part: PartFile, _ cache: FileCache) async throws -> Outcome {
        var headers: [(String, String)] = []
        let isResumed = part.size > 0 && resource?.validator != nil
        if isResumed, let validator = resource?.validator {
            headers = [("Range", "bytes=\(part.size)-"), ("If-Range", validator)]
        } else {
            headers = conditions
        }
        let answer = try await cache.fetcher.get(url, headers: headers)
        switch answer.status {
        case 304:
            guard !isResumed, var record = known else {
                throw AppFailure("the server says that nothing changed, unasked", code: .fileRefused)
            }
            record.freshFor = FreshnessHeaders.seconds(answer, unless: limits.freshness)
            return .unchanged(record)
        case 206 where isResumed && resource?.goesOn(with: answer, at: part.size) == true:
            break
        case 200:
            if let record = unchanged(answer) { return .unchanged(record) }
            try await begin(answer, part, cache)
        case 206, 416:
            resource = nil
            throw AppFailure("the server sent another part than asked for", code: .fileIncomplete)
        default: throw Self.failure(answer.status)
        }
        try await take(answer, into: part, cache)
        return .fetched(first ?? answer)
    }

    /// Headers that have the server send nothing if what is there still holds.
    private var conditions: [(String, String)] {
        guard let known else { return [] }
        // For an address signed otherwise a validator must be strong: weak ones may be alike for two files.
        let isExact = known.variants.contains(variant)
        if let etag = known.etag, isExact || known.hasStrongTag { return [("If-None-Match", etag)] }
        if let modified = known.lastModified, isExact { return [("If-Modified-Since", modified)] }
        return []
    }

    /// The record that an answer with bytes confirms all the same: by its digest.
    private func unchanged(_ answer: FetchedFile) -> CacheRecord? {
        guard var record = known, FreshnessHeaders.sha256(answer) == record.sha256 else { return nil }
        record.freshFor = FreshnessHeaders.seconds(answer, unless: limits.freshness)
        record.etag = answer.header("etag")
        record.lastModified = answer.header("last-modified")
        return record
    }

    private mutating func begin(_ answer: FetchedFile, _ part: PartFile, _ cache: FileCache) async throws {
        if part.size > 0 { try await cache.threads.runIfActive { try part.reset() } }
        let total = answer.header("content-length").flatMap { Int64($0) }
        resource = Resource(
            etag: answer.header("etag"), lastModified: answer.header("last-modified"), total: total,
            sha256: FreshnessHeaders.sha256(answer))
        first = answer
        guard let total else { return }
        if total > limits.maximumFileSize { throw tooLarge }
        let isRoom = try await cache.threads.runIfActive { cache.makeSpace(total) }
        if !isRoom { throw AppFailure.storage("store \(total) bytes", 28) }
    }

    private mutating func take(_ answer: FetchedFile, into part: PartFile, _ cache: FileCache) async throws {
        do {
            for try await chunk in answer.body {
                if part.size + Int64(chunk.readableBytes) > limits.maximumFileSize { throw tooLarge }
                try await cache.append(chunk, to: part)
            }
        } catch let failure as AppFailure {
            if resource?.validator == nil { resource = nil }
            throw failure
        }
        if let total = resource?.total, part.size != total {
            let isShort = part.size < total
            if !isShort { resource = nil }
            throw AppFailure(
                "the download broke off: \(part.size) of \(total) bytes came; try again", code: .fileIncomplete)
        }
        if let sha256 = resource?.sha256, part.digest.hexadecimal != sha256 {
            throw AppFailure(
                "the bytes are not those the server's digest names; try again, or tell who runs it", code: .fileDamaged)
        }
    }

    private var tooLarge: AppFailure {
        AppFailure(
            "the file is larger than \(limits.maximumFileSize) bytes, the limit (maximumFileSize)", code: .fileTooLarge)
    }

    private static func failure(_ status: Int) -> AppFailure {
        switch status {
        case 404, 410: AppFailure("there is no file at the address (status \(status))", code: .fileNotFound)
        case 408, 425, 429, 500...599:
            AppFailure("the file's server failed with status \(status); try again later", code: .fileUnreachable)
        case 401, 403:
            AppFailure(
                "the file's server refuses (status \(status)); its link may have expired: get a new one",
                code: .fileRefused)
        default: AppFailure("the file's server answered with status \(status), not the file", code: .fileRefused)
        }
    }
}
