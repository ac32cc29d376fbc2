// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
import NIOCore
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Takes versions of apps file by file and puts them into a folder of apps.
package struct FolderDeployer: AppDeployer {
    private let store: AppFolderStore
    private let stagingFolder: String
    private let lookUp: @Sendable (InstalledApp) async throws -> AppDTO
    private let published: @Sendable () async -> Void

    /// - Parameters:
    ///   - store: where versions go.
    ///   - stagingFolder: where files are gathered; made when missing, and the deployer's alone.
    ///   - lookUp: gives a version that is in its place but not the newest yet, made ready.
    ///   - published: called when a version has become the newest.
    package init(
        store: AppFolderStore, stagingFolder: String,
        lookUp: @escaping @Sendable (InstalledApp) async throws -> AppDTO,
        published: @escaping @Sendable () async -> Void = {}
    ) {
        self.store = store
        self.stagingFolder = stagingFolder
        self.lookUp = lookUp
        self.published = published
    }

    package func begin() async throws -> any AppDeployment {
        let folder = "\(stagingFolder)/\(Identifier.random())"
        do {
            try await store.threadPool.runIfActive { try Folders.make(folder, mode: 0o700) }
        } catch let failure as SystemFailure {
            throw ServerError(failure, doing: "begin a deployment")
        }
        return FolderDeployment(folder: folder, store: store, lookUp: lookUp, published: published)
    }

    /// Removes what deployments left behind when the server died, and gives how many there were. For the start only.
    package func removeLeftovers() async throws -> Int {
        try await store.threadPool.runIfActive { [stagingFolder] in
            let names = (try? Folders.names(in: stagingFolder, upTo: 10_000)) ?? []
            return names.count { Folders.remove("\(stagingFolder)/\($0)") }
        }
    }
}

/// One version on its way in. An actor, because files and the end of all may come from several tasks.
actor FolderDeployment: AppDeployment {
    /// Bytes read from the store at once. 1 MiB.
    private static let chunk = 1 << 20

    private let folder: String
    private let store: AppFolderStore
    private let lookUp: @Sendable (InstalledApp) async throws -> AppDTO
    private let published: @Sendable () async -> Void
    private var files = 0
    private var bytes: Int64 = 0
    private var isOver = false

    init(
        folder: String, store: AppFolderStore, lookUp: @escaping @Sendable (InstalledApp) async throws -> AppDTO,
        published: @escaping @Sendable () async -> Void
    ) {
        self.folder = folder
        self.store = store
        self.lookUp = lookUp
        self.published = published
    }

    func add(_ blob: any BlobReader, path: String, isExecutable: Bool) async throws {
        guard !isOver else { throw ServerError(.conflict, "the deployment is over; begin another one") }
        try Self.check(path)
        files += 1
        bytes += blob.size
        guard files <= store.limits.maximumFiles, bytes <= store.limits.maximumBytes else {
            throw ServerError(
                .payloadTooLarge,
                "an app may have \(store.limits.maximumFiles) files and \(store.limits.maximumBytes) bytes; "
                    + "fetch large files in setup")
        }
        let threadPool = store.threadPool
        do {
            let file = try await threadPool.runIfActive { [folder] in
                try TreeCopy.create(path, in: folder, isExecutable: isExecutable)
            }
            var offset: Int64 = 0
            while offset < blob.size {
                let part = try await blob.read(at: offset, maximumLength: Self.chunk)
                guard part.readableBytes > 0 else {
                    throw ServerError(.internalError, "a stored file is shorter than its record says; upload it again")
                }
                offset += Int64(part.readableBytes)
                let chunk = Array(part.readableBytesView)
                try await threadPool.runIfActive { try Folders.append(chunk, to: file) }
            }
        } catch let failure as SystemFailure {
            guard failure.code != EEXIST else {
                throw ServerError(.validation, "the path \(path) stands twice in the app")
            }
            throw ServerError(failure, doing: "take a file of the app")
        }
    }

    func commit() async throws -> AppDTO {
        guard !isOver else { throw ServerError(.conflict, "the deployment is over; begin another one") }
        isOver = true
        let placed: InstalledApp
        do {
            placed = try await store.place(from: folder)
        } catch {
            await remove()
            throw error
        }
        await remove()
        do {
            let app = try await lookUp(placed)
            try await store.publish(placed)
            await published()
            return app
        } catch {
            let store = store
            // A task of its own: it must be done though this one may have been cancelled. What stays is asked for by
            // nobody and removed with the app's oldest versions.
            _ = try? await Task { try await store.withdraw(placed) }.value
            throw Self.refusal(error)
        }
    }

    /// What is wrong with the app itself does not get better by another try.
    private static func refusal(_ error: any Error) -> any Error {
        guard let error = error as? ServerError, error.code == .unavailable,
            error.cause is AppFolderProblem || error.cause is JSONSyntaxError || error.cause is WireFormatError
        else { return error }
        return ServerError(.validation, error.message, cause: error.cause)
    }

    func abort() async {
        isOver = true
        await remove()
    }

    private func remove() async {
        // Nobody can do anything about a folder that cannot be removed now; the next start tries again.
        _ = try? await store.threadPool.runIfActive { [folder] in Folders.remove(folder) }
    }

    /// Paths stay inside and mean the same everywhere.
    private static func check(_ path: String) throws(ServerError) {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isGood =
            !path.utf8.contains(0) && path.utf8.count <= 1024
            && parts.allSatisfy { part in
                !part.isEmpty && part.count <= 255 && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
            }
        guard isGood else {
            throw ServerError(.validation, "the path \(path) is none inside an app's folder; use parts parted by '/'")
        }
    }
}
