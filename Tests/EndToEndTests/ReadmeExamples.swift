// SPDX-License-Identifier: Apache-2.0

import FerryClient

// The README's Swift examples. A test holds the two texts equal.

func shrink(_ photo: String, to target: String) async throws {
    let ferry = try Ferry()  // address and key from the environment

    let result = try await ferry.tasks.run(
        app: "image-processor", input: ["image": .file(.path(photo)), "width": 320, "format": "webp"])
    try await ferry.files.download(result.output["image"], to: target)
}

func upload(_ path: String, with ferry: Ferry) async throws -> [String] {
    let file = try await ferry.files.upload(path: path) { progress in
        print("\(progress.acknowledged) of \(progress.total ?? 0) bytes are safe")
    }
    let text = try await ferry.files.upload("data:text/plain,Hello%20World")
    let data = try await ferry.files.upload(
        Array("1,2,3".utf8), options: UploadFileOptions(filename: "data.csv", contentType: "text/csv"))
    for try await known in ferry.files.all(pageSize: 50) { print(known.filename, known.size) }
    return [file.uri, text.uri, data.uri]
}
