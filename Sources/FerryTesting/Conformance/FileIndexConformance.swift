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
            ("a change changes what it names, and bytes come once", changes),
            ("files whose time is over and old pending records go, all others stay", expiry),
            ("a cancelled caller is told so and nothing is stored", cancelled),
        ] + listChecks)

    private static let roundTrip: Checks<any FileIndex>.Body = { index, check in
        var temporary = FileRecord.sample()
        temporary.expiresAt = Timestamp(microseconds: 1_234_567_890_123_456)
        temporary.hasGuessedType = true
        let files = [
            FileRecord.sample(),
            FileRecord.sample(
                createdAt: Timestamp(microseconds: -1_234_567), filename: "ré\u{301}sumé 💾 'x\"; --%_\\.pdf",
                contentType: "application/pdf; charset=utf-8", declaredSize: .max, path: "/a/../b", category: "c\td",
                isPublic: true, blob: .sample(size: .max)),
            FileRecord.sample(declaredSize: 0, blob: .sample(size: 0)), temporary,
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

    private static let changes: Checks<any FileIndex>.Body = { index, check in
        let file = FileRecord.sample(path: "/a", blob: .sample())
        let other = FileRecord.sample()
        try await index.insert([file, other])
        let time = Timestamp.sample.advanced(bySeconds: 3)
        var expected = file
        expected.filename = "ré\u{301}sumé.pdf"
        expected.updatedAt = time
        try check.equal(
            try await index.update(id: file.id, change: FileChange(filename: expected.filename), at: time), expected,
            "the record renamed")
        expected.isPublic = true
        expected.path = ""
        try check.equal(
            try await index.update(id: file.id, change: FileChange(path: "", isPublic: true), at: time), expected,
            "the record shown")
        let bytes = FileChange.Bytes(blob: .sample(), contentType: "a/b")
        try check.none(
            try await index.update(id: file.id, change: FileChange(filename: "x", bytes: bytes), at: time),
            "a change with bytes for a record that has some")
        try check.equal(try await index.file(id: file.id), expected, "the record afterwards")
        try check.equal(try await index.file(id: other.id), other, "another record")
        try check.none(
            try await index.update(id: Identifier.random(), change: FileChange(path: "x"), at: time), "no record")
    }

    private static let expiry: Checks<any FileIndex>.Body = { index, check in
        let limit = Timestamp.sample
        let now = limit.advanced(bySeconds: 100)
        func file(age: Int64, expiresIn: Int64?, isReady: Bool) -> FileRecord {
            var file = FileRecord.sample(
                createdAt: Timestamp(microseconds: limit.microseconds - age), blob: isReady ? .sample() : nil)
            file.expiresAt = expiresIn.map { Timestamp(microseconds: now.microseconds + $0) }
            return file
        }
        let gone = [
            file(age: 1, expiresIn: nil, isReady: false), file(age: 1, expiresIn: 0, isReady: true),
            file(age: 0, expiresIn: -1, isReady: false), file(age: 9, expiresIn: -9, isReady: true),
        ]
        let kept = [
            file(age: 1, expiresIn: nil, isReady: true), file(age: 0, expiresIn: nil, isReady: false),
            file(age: 1, expiresIn: 1, isReady: true), file(age: 0, expiresIn: 1, isReady: false),
        ]
        try await index.insert(gone + kept)
        var removed: [FileRecord] = []
        for round in 0..<3 {
            let batch = try await index.removeExpired(at: now, pendingBefore: limit, limit: 3)
            try check.equal(batch.count, [3, 1, 0][round], "number removed in round \(round)")
            removed += batch
        }
        try check.equal(Set(removed), Set(gone), "what was removed")
        for file in gone { try check.none(try await index.file(id: file.id), "a removed record") }
        for file in kept { try check.equal(try await index.file(id: file.id), file, "a record that stays") }
        try check.equal(
            try await index.removeExpired(at: now, pendingBefore: now, limit: 0).count, 0, "removed for a limit of 0")
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
