// SPDX-License-Identifier: Apache-2.0

import FerryClient

// The README's Swift examples. A test holds the two texts equal.

func shrink(_ photo: String, to target: String) async throws {
    let ferry = try Ferry()  // address and key from the environment

    let result = try await ferry.tasks.run(
        app: "image-processor", input: ["image": .file(.path(photo)), "width": 320, "format": "webp"])
    try await ferry.files.download(result.output["image"], to: target)
}

func upload(_ paths: [String], with ferry: Ferry) async throws -> [String] {
    let several = try await ferry.files.upload(paths: paths)  // four at a time; all of them, or none
    let file = try await ferry.files.upload(path: paths[0]) { progress in
        print("\(progress.acknowledged) of \(progress.total ?? 0) bytes are safe")
    }
    let text = try await ferry.files.upload("data:text/plain,Hello%20World")
    let data = try await ferry.files.upload(
        Array("1,2,3".utf8), options: UploadFileOptions(filename: "data.csv", contentType: "text/csv"))
    for try await known in ferry.files.all(pageSize: 50) { print(known.filename, known.size) }
    return several.map(\.uri) + [file.uri, text.uri, data.uri]
}

func shrinkAsPlanned(_ photo: String, with ferry: Ferry) async throws -> TaskResult {
    let plan = try await ferry.tasks.plan(
        app: "image-processor", input: ["image": .string(photo), "width": 320, "format": "webp"])
    for entry in plan.entries { print(entry.pointer, entry.verdict, entry.rule, entry.source) }
    return try await ferry.tasks.run(plan)
}

func describe(_ photo: String, with ferry: Ferry) async throws -> String {
    let agent = ferry.agents.create("file-inspector")  // a template, an app that answers, or an AgentConfig
    let answer = try await agent.sendMessage("Describe this image", files: [.path(photo)])

    let notes = try await agent.uploadFile(Array("a cup, seen from above".utf8), filename: "notes.txt")
    for try await event in agent.streamMessage("And these?", files: [.reference(notes)]) {
        if case .delta(let delta) = event { print(delta.text, terminator: "") }
    }
    return answer.text
}
