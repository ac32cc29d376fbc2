// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `ferry file …`
struct FileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "file",
        abstract: "Upload, download, list, link, rename and delete stored files.",
        discussion: """
            A stored file is named by its id, its inf:// address, or a link to it.

            Example: ferry file list --filter content_type:like:image/%
            """,
        subcommands: [
            FileUpload.self, FileDownload.self, FileList.self, FileGet.self, FileLinkCommand.self, FileRename.self,
            FileVisibilityCommand.self, FileDelete.self,
        ])
}
