// SPDX-License-Identifier: Apache-2.0

/// The Python program that runs apps of the platform's Python conventions, a file a property.
enum PythonRunner {
    /// The version of the package `inferencesh` that apps get whose requirements do not name one.
    static let packageVersion = "0.36.0"

    static let files = RunnerFiles(
        label: "python", start: "run.py",
        files: [
            "run.py": start, "_ferry_runner/__init__.py": "", "_ferry_runner/channel.py": channel,
            "_ferry_runner/files.py": fileRules, "_ferry_runner/loading.py": loading,
            "_ferry_runner/functions.py": functions,
            "_ferry_runner/values.py": values, "_ferry_runner/yields.py": yields, "_ferry_runner/worker.py": worker,
        ])
}
