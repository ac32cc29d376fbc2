// SPDX-License-Identifier: Apache-2.0

/// The Node program that runs apps of the platform's Node conventions, a file a property.
enum NodeRunner {
    /// What puts the host on descriptors 3 and 4 before Node starts, as Node cannot copy descriptors. Node passes
    /// neither on to its children.
    static let shell = #"exec 3<&0 4>&1 </dev/null >&2; exec "$@""#

    static let files = RunnerFiles(
        label: "node", start: "run.mjs",
        files: [
            "run.mjs": start, "channel.mjs": channel, "loading.mjs": loading, "values.mjs": values,
            "worker.mjs": worker,
        ])
}
