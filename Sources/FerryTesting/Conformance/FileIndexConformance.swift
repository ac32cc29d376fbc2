// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire

/// What every `FileIndex` must do.
public struct FileIndexConformance: Sendable {
    private let make: @Sendable () async throws -> any FileIndex

    /// The suite for indexes made by `make`: each call gives an empty one of its own.
    public init(make: @escaping @Sendable () async throws -> any FileIndex) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh index.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<any FileIndex>(
        "FileIndex",
        [
            ("a record comes back as it went in", roundTrip),
            ("records are added all or none", allOrNone),
            ("what is not there is not found, whatever the id looks like", missing),
            ("a pending record gets its bytes once", completeOnce),
            ("of completions at once one wins", completionRace),
            ("a record removed is gone and was what it was", removal),
            ("completing a record that is being removed leaves no half", completeDeleteRace),
            ("a blob is referenced while any record has it", references),
            ("old pending records go, all others stay", oldPending),
            ("a cancelled caller is told so and nothing is stored", cancelled),
        ] + listChecks)

    private static let roundTrip: Checks<any FileIndex>.Body = { index, check in
        let files = [
            FileRecord.sample(),
            FileRecord.sample(
                createdAt: Timestamp(microseconds: -1_234_567), filename: "ré\u{301}sumé 💾 'x\"; --%_\\.pdf",
                contentType: "application/pdf; charset=utf-8", declaredSize: .max, path: "/a/../b", category: "c\td",
                isPublic: true, blob: .sample(size: .max)),
            FileRecord.sample(declaredSize: 0, blob: .sample(size: 0)),
        ]
        try await index.insert(files)
        for file in files { try check.equal(try await index.file(id: file.id), file, "the record") }
        try await index.insert([])
    }

    private static let allOrNone: Checks<any FileIndex>.Body = { index, check in
        let old = FileRecord.sample(filename: "old")
        try await index.insert([old])
        let (first, last) = (FileRecord.sample(), FileRecord.sample())
        try await check.refuses("an id that is taken", with: .conflict) {
            try await index.insert([first, FileRecord.sample(id: old.id, filename: "new"), last])
        }
        try check.none(try await index.file(id: first.id), "the record before the refused one")
        try check.none(try await index.file(id: last.id), "the record after the refused one")
        try check.equal(try await index.file(id: old.id), old, "the record that was there")
        try await check.refuses("one id twice", with: .conflict) { try await index.insert([first, first]) }
        try check.none(try await index.file(id: first.id), "the record given twice")
    }

    private static let missing: Checks<any FileIndex>.Body = { index, check in
        let file = FileRecord.sample()
        try await index.insert([file])
        let ids = [
            "", Identifier.random(), file.id.uppercased(), file.id + "\0", file.id + " ", "%", "' OR 1=1 --",
            String(file.id.dropLast()), String(repeating: "a", count: 10_000),
        ]
        for id in ids {
            try check.none(try await index.file(id: id), "a record of the id \(id.prefix(40).debugDescription)")
            try check.none(try await index.delete(id: id), "a record removed by \(id.prefix(40).debugDescription)")
            try check.none(
                try await index.complete(id: id, blob: .sample(), contentType: "a/b", at: .sample),
                "a record completed by \(id.prefix(40).debugDescription)")
        }
        try check.equal(try await index.file(id: file.id), file, "the record")
    }

    private static let completeOnce: Checks<any FileIndex>.Body = { index, check in
        let file = FileRecord.sample(contentType: "application/octet-stream", declaredSize: 5)
        try await index.insert([file])
        let time = Timestamp.sample.advanced(bySeconds: 9)
        let blob = BlobReference.sample(size: 7)
        var expected = file
        expected.blob = blob
        expected.contentType = "image/webp"
        expected.updatedAt = time
        let done = try await index.complete(id: file.id, blob: blob, contentType: "image/webp", at: time)
        try check.equal(done, expected, "the completed record")
        try check.none(
            try await index.complete(id: file.id, blob: .sample(), contentType: "a/b", at: time), "a second completion")
        try check.equal(try await index.file(id: file.id), expected, "the record afterwards")
    }

    private static let completionRace: Checks<any FileIndex>.Body = { index, check in
        for _ in 0..<5 {
            let file = FileRecord.sample()
            try await index.insert([file])
            let blobs = (0..<8).map { _ in BlobReference.sample() }
            let winners = try await withThrowingTaskGroup(of: FileRecord?.self) { group in
                for blob in blobs {
                    group.addTask {
                        try await index.complete(id: file.id, blob: blob, contentType: "a/b", at: .sample)
                    }
                }
                return try await group.reduce(into: [FileRecord]()) { winners, file in
                    if let file { winners.append(file) }
                }
            }
            try check.equal(winners.count, 1, "number of winners")
            try check.equal(try await index.file(id: file.id), winners.first, "the record afterwards")
        }
    }

    private static let removal: Checks<any FileIndex>.Body = { index, check in
        let file = FileRecord.sample(blob: .sample())
        try await index.insert([file])
        try check.equal(try await index.delete(id: file.id), file, "the removed record")
        try check.none(try await index.delete(id: file.id), "the record removed again")
        try check.none(try await index.file(id: file.id), "the record afterwards")
    }

    private static let completeDeleteRace: Checks<any FileIndex>.Body = { index, check in
        for _ in 0..<10 {
            let file = FileRecord.sample()
            try await index.insert([file])
            async let completed = index.complete(id: file.id, blob: .sample(), contentType: "a/b", at: .sample)
            async let deleted = index.delete(id: file.id)
            let (done, gone) = try await (completed, deleted)
            let was = try check.some(gone, "the removed record")
            try check.require(done == nil || was == done, "removed as \(was), completed as \(String(describing: done))")
            try check.none(try await index.file(id: file.id), "the record afterwards")
        }
    }

    private static let references: Checks<any FileIndex>.Body = { index, check in
        let blob = BlobReference.sample(key: "team/'shared'")
        let first = FileRecord.sample(blob: blob)
        let second = FileRecord.sample(blob: blob)
        try check.equal(try await index.isReferenced(blobKey: blob.key), false, "before")
        try await index.insert([first, second, FileRecord.sample()])
        try check.equal(try await index.isReferenced(blobKey: blob.key), true, "with two records")
        _ = try await index.delete(id: first.id)
        try check.equal(try await index.isReferenced(blobKey: blob.key), true, "with one record")
        _ = try await index.delete(id: second.id)
        try check.equal(try await index.isReferenced(blobKey: blob.key), false, "with none")
        try check.equal(try await index.isReferenced(blobKey: ""), false, "of the empty key")
    }

    private static let oldPending: Checks<any FileIndex>.Body = { index, check in
        let limit = Timestamp.sample
        let earlier = Timestamp(microseconds: limit.microseconds - 1)
        let old = FileRecord.sample(createdAt: earlier)
        let ready = FileRecord.sample(createdAt: earlier, blob: .sample())
        let young = FileRecord.sample(createdAt: limit)
        try await index.insert([old, ready, young])
        try check.equal(try await index.deletePending(createdBefore: limit), 1, "number removed")
        try check.equal(try await index.deletePending(createdBefore: limit), 0, "number removed again")
        try check.none(try await index.file(id: old.id), "the old pending record")
        try check.equal(try await index.file(id: ready.id), ready, "the ready record")
        try check.equal(try await index.file(id: young.id), young, "the young record")
    }

    private static let cancelled: Checks<any FileIndex>.Body = { index, check in
        let file = FileRecord.sample()
        try await check.refusesWhenCancelled("insert") { try await index.insert([file]) }
        try await check.refusesWhenCancelled("file") { _ = try await index.file(id: file.id) }
        try check.none(try await index.file(id: file.id), "the record")
        try await index.insert([file])
        try await check.refusesWhenCancelled("complete") {
            _ = try await index.complete(id: file.id, blob: .sample(), contentType: "a/b", at: .sample)
        }
        try check.equal(try await index.file(id: file.id), file, "the record afterwards")
    }
}
