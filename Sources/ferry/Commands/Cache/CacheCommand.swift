// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `ferry cache …`
struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "List, verify, prune and fill the cache of files that apps fetched.",
        discussion: """
            The cache lies in FILE_CACHE_DIR, else in ~/.cache/inferencesh/files, beside that of the official libraries. \
            No command here needs a server.

            Example: ferry cache prune --older-than 7d --max-size 1GiB
            """,
        subcommands: [CacheList.self, CacheVerify.self, CachePrune.self, CacheFetch.self])
}
