// SPDX-License-Identifier: Apache-2.0

/// Finds every file beneath a folder, hidden ones too, in the order of the names. Links are not followed, but one that
/// leads to a file beneath the same folder counts as that file under another name.
struct FolderWalk {
    /// A file beneath the folder.
    struct File: Sendable {
        /// The folders between, and the file's name.
        var way: [String]
        /// Where its bytes are: the way itself, or that of the file which a link leads to.
        var source: [String]
    }

    /// Something beneath the folder that is not uploaded.
    struct Refusal: Sendable {
        /// Where it is, as people read it.
        var name: String
        /// Why.
        var failure: CommandFailure
    }

    /// What a walk finds.
    struct Outcome: Sendable {
        var files: [File] = []
        var refusals: [Refusal] = []
    }

    /// Most files, folders and others of a walk.
    static let maximumCount = 100_000
    /// Most folders in each other.
    static let maximumDepth = 100

    private let root: FolderRoot
    private let maximumCount: Int
    private var seen = 0
    private var outcome = Outcome()

    /// A walk through a folder.
    ///
    /// - Parameter maximumCount: most names.
    init(_ root: FolderRoot, upTo maximumCount: Int = FolderWalk.maximumCount) {
        self.root = root
        self.maximumCount = maximumCount
    }

    /// Walks.
    ///
    /// - Throws: ``CommandFailure`` if the folder itself cannot be read or holds too much, `CancellationError`.
    mutating func run() async throws -> Outcome {
        try await enter([])
        return outcome
    }

    private mutating func enter(_ way: [String]) async throws {
        try Task.checkCancellation()
        let names = try await root.names(in: way, upTo: maximumCount)
        seen += names.count
        guard seen <= maximumCount else {
            throw CommandFailure(
                .limitExceeded, "\(root.path) holds more than \(maximumCount) names; upload its parts one by one")
        }
        for name in names { try await take(name, way + [name.text]) }
    }

    private mutating func take(_ name: FolderRoot.Name, _ way: [String]) async throws {
        guard name.isText else {
            return refuse(way, "has a name that is not UTF-8 text; rename it, or upload it by: ferry upload - < FILE")
        }
        switch name.kind {
        case .regular: outcome.files.append(File(way: way, source: way))
        case .folder:
            guard way.count < Self.maximumDepth else {
                return refuse(way, "lies deeper than \(Self.maximumDepth) folders; upload it by itself")
            }
            do {
                try await enter(way)
            } catch let failure as CommandFailure where failure.kind != .limitExceeded {
                outcome.refusals.append(Refusal(name: root.shown(way), failure: failure))
            }
        case .link:
            if let target = try await root.target(ofLink: way) {
                outcome.files.append(File(way: way, source: target))
            } else {
                refuse(way, "is a symbolic link that does not lead to a file in the same folder; name the file itself")
            }
        case .other: refuse(way, "is no regular file")
        }
    }

    private mutating func refuse(_ way: [String], _ reason: String) {
        let name = root.shown(way)
        outcome.refusals.append(Refusal(name: name, failure: CommandFailure(.refused, "\(name) \(reason)")))
    }
}
