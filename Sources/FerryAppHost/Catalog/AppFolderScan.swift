// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Which apps lie in the folder of apps. What did not change is not read again.
struct AppFolderScan: Sendable {
    /// Where deployed versions are, within the folder of apps.
    static let versionsName = ".versions"

    /// A folder with an `inf.yml`.
    struct Found: Sendable {
        /// Its name in the folder of apps.
        let name: String
        let result: Result<AppFolder, AppFolderProblem>
    }

    /// What a look gave, and what the next one starts from.
    struct Outcome: Sendable {
        let scan: AppFolderScan
        let found: [Found]
        /// Folders of versions that are no longer there.
        let gone: Set<String>
        /// When the folder of apps had changed, before the look.
        let changed: Int64?
    }

    private struct Known: Sendable {
        let root: String
        let stamp: Int
        let found: Found
    }

    let appsFolder: String
    let limits: CatalogLimits
    private var known: [String: Known] = [:]

    init(appsFolder: String, limits: CatalogLimits) {
        self.appsFolder = appsFolder
        self.limits = limits
    }

    /// When an app was last put into the folder or taken out of it; nil if it cannot be read. Blocks.
    static func changed(_ appsFolder: String) -> Int64? {
        var facts = stat()
        return stat(appsFolder, &facts) == 0 ? facts.changed : nil
    }

    /// Looks at all folders, ordered by name. Blocks.
    mutating func look() -> [Found] {
        guard let root = Folders.resolved(appsFolder) else { return [] }
        let versions = "\(root)/\(Self.versionsName)/"
        let names = (try? Folders.names(in: root, upTo: limits.maximumApps)) ?? []
        var seen: [String: Known] = [:]
        for name in names where name.utf8.first != UInt8(ascii: ".") {
            guard let real = Folders.resolved("\(root)/\(name)"), access("\(real)/\(AppSettings.filename)", F_OK) == 0
            else { continue }
            let isVersion = real.utf8.starts(with: versions.utf8)
            seen[name] = isVersion ? version(name, real) : folder(name, real)
        }
        known = seen
        return seen.values.map(\.found).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// A deployed version never changes.
    private func version(_ name: String, _ real: String) -> Known {
        if let before = known[name], before.root == real { return before }
        return Known(root: real, stamp: 0, found: Found(name: name, result: Self.version(at: real, limits: limits)))
    }

    private func folder(_ name: String, _ real: String) -> Known {
        let stamp: Int
        let result: Result<AppFolder, AppFolderProblem>
        do throws(AppFolderProblem) {
            let tree = try FolderTree.look(at: real, limits: limits)
            stamp = tree.stamp
            if let before = known[name], before.root == real, before.stamp == stamp { return before }
            do throws(AppFolderProblem) {
                let settings = try Self.settings(at: real, limits: limits)
                let version = try tree.versionID()
                result = .success(
                    AppFolder(path: real, versionID: version, settings: settings, changed: tree.changed))
            } catch {
                result = .failure(error)
            }
        } catch {
            stamp = error.description.hashValue
            result = .failure(error)
            if let before = known[name], before.root == real, before.stamp == stamp { return before }
        }
        return Known(root: real, stamp: stamp, found: Found(name: name, result: result))
    }

    /// A deployed version by its path. Blocks.
    static func version(at path: String, limits: CatalogLimits) -> Result<AppFolder, AppFolderProblem> {
        do throws(AppFolderProblem) {
            let settings = try settings(at: path, limits: limits)
            var facts = stat()
            guard stat(path, &facts) == 0 else { throw AppFolderProblem("its folder cannot be read") }
            return .success(
                AppFolder(
                    path: path, versionID: Folders.split(path).name, settings: settings,
                    changed: Timestamp(seconds: facts.changed / 1_000_000_000)))
        } catch {
            return .failure(error)
        }
    }

    /// The folders of an app's kept versions whose id is or begins with a text. Blocks.
    static func kept(_ version: String, of settings: (namespace: String, name: String), in appsFolder: String)
        -> [String]
    {
        guard let root = Folders.resolved(appsFolder) else { return [] }
        let folder = "\(root)/\(versionsName)/\(settings.namespace)/\(settings.name)"
        let names = (try? Folders.names(in: folder, upTo: 1000)) ?? []
        return names.filter { Identifier.isValid($0) && ($0 == version || Identifier.short($0) == version) }
            .map { "\(folder)/\($0)" }
    }

    /// Which of these folders are no longer there. Blocks.
    static func gone(of paths: Set<String>) -> Set<String> { paths.filter { access($0, F_OK) != 0 } }

    static func settings(at path: String, limits: CatalogLimits) throws(AppFolderProblem) -> AppSettings {
        guard let bytes = Folders.contents("\(path)/\(AppSettings.filename)", upTo: limits.maximumSettings) else {
            throw AppFolderProblem("inf.yml cannot be read or is longer than \(limits.maximumSettings) bytes")
        }
        return try AppSettings(yaml: bytes)
    }
}
