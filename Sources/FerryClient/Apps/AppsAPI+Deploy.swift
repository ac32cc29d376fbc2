// SPDX-License-Identifier: Apache-2.0

public import FerryWire
import NIOPosix

extension AppsAPI {
    /// How long files on their way into an app stay on the server if this client cannot delete them.
    private static let uploadLifetime = Duration.seconds(3600)

    /// Makes the content of a local folder the newest version of an app: the files are uploaded, some at a time, and
    /// taken by the server, all or none. The server answers once the app can be run, which takes up to the time limit
    /// `deployment` where an environment has to be made. Deploying an equal folder again gives the version that is there.
    ///
    /// Hidden files, `__pycache__`, `venv` and `*.pyc` stay behind. The server must be one that takes apps
    /// (`ferry serve --allow-deploy`), and the key needs the scopes `apps:deploy`, `files:read` and `files:write`.
    /// - Parameters:
    ///   - folder: a folder with an `inf.yml`; links inside are followed, links that lead out are refused.
    ///   - progress: called with a file's path in the folder and how far its upload is.
    /// - Returns: the app in the version made.
    /// - Throws: ``FerryError`` (`localFileNotFound`, `localFile`, `invalidInput`, `limitExceeded`, `forbidden`, and
    ///   what uploads throw) and `CancellationError`.
    @discardableResult
    public func deploy(
        folder: String, progress: (@Sendable (String, TransferProgress) -> Void)? = nil
    ) async throws -> AppDTO {
        let found = try await transport.threads.runIfActive { try DeployedFolder(folder).files }
        let files = FilesAPI(transport: transport)
        let handler = progress.map { progress in
            { @Sendable (index: Int, step: TransferProgress) in progress(found[index].path, step) }
        }
        let uploaded = try await files.upload(
            paths: found.map(\.source), options: UploadFileOptions(expiresIn: Self.uploadLifetime), progress: handler)
        let request = DeployRequest(
            files: zip(found, uploaded).map { file, record in
                DeployRequest.File(path: file.path, uri: record.uri, isExecutable: file.isExecutable)
            })
        do {
            let app = try await send(request)
            await discard(uploaded)
            return app
        } catch {
            await discard(uploaded)
            throw error
        }
    }

    /// Asks the server to take the files. It answers once the app can be run, and is silent until then: on a connection
    /// of its own, because others may not be silent for that long.
    private func send(_ request: DeployRequest) async throws -> AppDTO {
        var configuration = transport.configuration
        configuration.timeouts.call = configuration.timeouts.deployment
        configuration.timeouts.idle = configuration.timeouts.deployment
        let patient = try Transport(configuration)
        do {
            let app = try await patient.call(
                Routes.deployApp, Routes.deployApp.path(), body: request.json, as: AppDTO.self)
            try? await patient.shutdown()
            return app
        } catch {
            try? await patient.shutdown()
            throw error
        }
    }

    /// The server has copies of its own; what cannot be deleted vanishes by itself.
    private func discard(_ files: [FileDTO]) async {
        let api = FilesAPI(transport: transport)
        await bestEffort(within: transport.configuration.timeouts.cleanup) {
            for file in files { try? await api.delete(file.id) }
        }
    }
}
