// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// Takes new versions of apps, made of files that were uploaded before.
package struct DeployService: Sendable {
    private let files: FileService
    private let downloads: DownloadService
    /// Nil where the server takes no apps.
    private let deployer: (any AppDeployer)?
    private let limits: ServerLimits

    package init(
        files: FileService, downloads: DownloadService, deployer: (any AppDeployer)?, limits: ServerLimits
    ) {
        self.files = files
        self.downloads = downloads
        self.deployer = deployer
        self.limits = limits
    }

    /// Makes a version of an app and gives the app as it is then. All files are checked before one is taken.
    package func deploy(_ request: DeployRequest, by principal: Principal) async throws -> AppDTO {
        try principal.require(.appsDeploy)
        guard let deployer else {
            throw ServerError(
                .forbidden, "this server takes no apps; its operator must start it with --allow-deploy")
        }
        try principal.require(.filesRead)
        try AppFolderRules(limits: limits).check(request.files.map(\.path))
        let records = try await self.records(of: request.files, for: principal)
        let deployment = try await deployer.begin()
        do {
            for (file, record) in zip(request.files, records) { try await add(file, record, to: deployment) }
            let app = try await deployment.commit()
            return app
        } catch {
            // A task of its own: it must be done though this one may have been cancelled.
            await Task { await deployment.abort() }.value
            throw error
        }
    }

    private func records(
        of files: [DeployRequest.File], for principal: Principal
    ) async throws -> [FileRecord] {
        var records: [FileRecord] = []
        var total: Int64 = 0
        for (index, file) in files.enumerated() {
            func refusal(_ reason: String, _ code: ServerError.Code = .validation) -> ServerError {
                ServerError(code, "/files/\(index)/uri: \(reason)")
            }
            guard let uri = FileURI(file.uri) else { throw refusal("give the uri of an uploaded file, inf://files/…") }
            guard let record = try await self.files.record(id: uri.id), record.teamID == principal.team.id else {
                throw refusal("no such file; check the uri and that the key belongs to its team", .fileNotFound)
            }
            guard let blob = record.blob else { throw refusal("the file's bytes have not been uploaded yet") }
            // No overflow: each is at most the largest file.
            total += blob.digest.size
            guard total <= limits.maximumAppSize else {
                throw ServerError(
                    .payloadTooLarge, "the app is larger than \(limits.maximumAppSize) bytes; leave data out of it")
            }
            records.append(record)
        }
        return records
    }

    private func add(
        _ file: DeployRequest.File, _ record: FileRecord, to deployment: any AppDeployment
    ) async throws {
        let download = try await downloads.open(record)
        do {
            try await deployment.add(download.reader, path: file.path, isExecutable: file.isExecutable)
            await download.reader.close()
        } catch {
            await download.reader.close()
            throw error
        }
    }
}
