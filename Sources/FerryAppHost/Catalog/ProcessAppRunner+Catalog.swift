// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
package import NIOPosix

extension ProcessAppRunner: AppPreparing {
    package func prepareApps(name: String, namespace: String?) async throws {
        try await catalog.prepare(name: name, namespace: namespace)
    }

    /// Takes versions of apps and puts them into a folder of apps that this runner runs.
    ///
    /// - Parameters:
    ///   - appsDirectory: the folder of apps.
    ///   - stagingFolder: where files are gathered; the deployer's alone.
    package func deployer(
        appsDirectory: String, stagingFolder: String, limits: CatalogLimits = CatalogLimits(),
        threadPool: NIOThreadPool = .singleton
    ) -> FolderDeployer {
        let store = AppFolderStore(appsDirectory: appsDirectory, limits: limits, threadPool: threadPool)
        return FolderDeployer(store: store, stagingFolder: stagingFolder) { [catalog] placed in
            guard let entry = try await catalog.entry(version: placed.versionID, of: placed.reference) else {
                throw ServerError(
                    .conflict, "another app of this server is called \(placed.reference); give this one another name")
            }
            return entry.app
        } published: { [catalog] in
            await catalog.lookAgain()
        }
    }
}
