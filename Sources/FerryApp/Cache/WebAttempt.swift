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

        /// What names the bytes so surely that the rest of them may be asked for.
        var validator: String? {
            if let etag { return etag.utf8.starts(with: "W/".utf8) ? nil : etag }
            return lastModified
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
        case 206 where isResumed && Self.start(of: answer) == part.size:
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
        let free = try await cache.threads.runIfActive { [folder = cache.folder] in folder.freeSpace() }
        if let free, total > free { throw AppFailure.storage("store \(total) bytes", 28) }
    }

    private mutating func take(_ answer: FetchedFile, into part: PartFile, _ cache: FileCache) async throws {
        do {
            for try await chunk in answer.body {
                if part.size + Int64(chunk.readableBytes) > limits.maximumFileSize { throw tooLarge }
                try await part.append(chunk, on: cache.threads)
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

    /// Where an answer's part begins.
    private static func start(of answer: FetchedFile) -> Int64? {
        guard let header = answer.header("content-range"), header.utf8.starts(with: "bytes ".utf8) else { return nil }
        let digits = header.utf8.dropFirst(6).prefix { $0 != UInt8(ascii: "-") }
        return Int64(String(decoding: Array(digits), as: UTF8.self))
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
