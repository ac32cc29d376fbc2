// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Where new versions of apps are put.
public protocol AppDeployer: Sendable {
    /// Begins a version. Nothing of it is visible before the commit.
    func begin() async throws -> any AppDeployment
}

/// One version of an app on its way in. Not for use by two tasks at once.
public protocol AppDeployment: Sendable {
    /// Takes a file of the app's folder.
    ///
    /// - Parameter path: relative to the folder, of checked components parted by `/`.
    func add(_ blob: any BlobReader, path: String, isExecutable: Bool) async throws

    /// Makes the version the newest one of its app, all of it or nothing, and gives the app as it is then.
    ///
    /// - Throws: ``ServerError`` that says what is wrong with the app, `inf.yml` above all.
    func commit() async throws -> AppDTO

    /// Drops what was taken. Harmless after a commit, or twice.
    func abort() async
}
