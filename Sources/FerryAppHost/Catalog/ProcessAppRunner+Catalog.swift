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
        return FolderDeployer(store: store, stagingFolder: stagingFolder) { [catalog] installed in
            await catalog.lookAgain()
            guard let entry = try await catalog.entry(version: installed.versionID, of: installed.reference) else {
                throw ServerError(
                    .conflict, "\(installed.reference) is deployed, but another app of this server has its name")
            }
            return entry.app
        }
    }
}
