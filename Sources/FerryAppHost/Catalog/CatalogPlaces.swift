// SPDX-License-Identifier: Apache-2.0

/// Where the catalogue keeps what it made. Processes of apps read environments and runners, nothing else of it.
package struct CatalogPlaces: Sendable, Hashable {
    /// Virtual environments of Python apps.
    package var environments: String
    /// The programs that run Python and Node apps.
    package var runners: String
    /// What apps said of themselves, a file a version.
    package var manifests: String

    /// All of it beneath one folder.
    package init(dataFolder: String) {
        environments = "\(dataFolder)/environments"
        runners = "\(dataFolder)/runners"
        manifests = "\(dataFolder)/app-manifests"
    }
}
