// SPDX-License-Identifier: Apache-2.0

/// Every limit of the catalogue of apps, in one place.
package struct CatalogLimits: Sendable, Hashable {
    /// How long folders are taken for unchanged after a look. 1 s.
    package var scanInterval: Duration = .seconds(1)
    /// How long a failure to make an app ready stands before it is tried again. 10 s.
    package var retryTime: Duration = .seconds(10)
    /// How long a list waits for apps that are asked what they are; those whose environment is being made are not
    /// waited for. 5 s.
    package var listPatience: Duration = .seconds(5)
    /// How long the app of a folder may take to say what it is; libraries of models load slowly. 2 min.
    package var describeTime: Duration = .seconds(120)
    /// How long the making of an app's environment may take. 15 min.
    package var environmentTime: Duration = .seconds(15 * 60)
    /// Most environments that are made at the same time, and most apps that are asked what they are. 2.
    package var parallelLoads = 2
    /// Most bytes of an `inf.yml`. 64 KiB.
    package var maximumSettings = 64 << 10
    /// Most bytes of an `agent.yml`. 256 KiB.
    package var maximumAgentSettings = 256 << 10
    /// Most bytes of a `requirements.txt` or `packages.txt`. 256 KiB.
    package var maximumRequirements = 256 << 10
    /// Most folders of apps. 1,000.
    package var maximumApps = 1000
    /// Most files of an app. 10,000.
    package var maximumFiles = 10_000
    /// Most bytes of an app's files. 1 GiB.
    package var maximumBytes: Int64 = 1 << 30
    /// Most folders within one another. 64.
    package var maximumDepth = 64
    /// Versions of an app that are kept, the newest among them. 10.
    package var keptVersions = 10
    /// Most workers of one version at once; one of those that take a graphics processor. 4.
    package var workersPerVersion = 4
    /// Most workers of one version at once that chats have; one, shared with all other tasks, of those that take a
    /// graphics processor. 96.
    package var chatWorkersPerVersion = 96

    /// The defaults.
    package init() {}
}

extension CatalogLimits {
    /// How many workers of a version there may be if it takes no graphics processor.
    var concurrency: WorkerConcurrency {
        WorkerConcurrency(ordinary: workersPerVersion, chats: chatWorkersPerVersion)
    }
}
