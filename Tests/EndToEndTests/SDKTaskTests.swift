// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryTesting
import FerryWire
import Foundation
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Tasks through the SDK against a real server and real apps.
@Suite struct SDKTaskTests {
    /// The photograph that ships with the repository.
    static var photo: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Demo/coffee.png").path
    }

    @Test func `a photograph goes up, is made smaller and comes back`() async throws {
        try await withFerryServer { ferry, _ in
            let folder = try TestFolder()
            let result = try await ferry.tasks.run(
                app: "image-processor", input: ["image": .string(Self.photo), "width": 160, "format": "jpeg"])
            #expect(result.status == .completed)
            #expect(result.output["width"]?.integerValue == 160)
            let target = folder.url.appendingPathComponent("small.jpg").path
            try await ferry.files.download(result.output["image"], to: target)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: target))
            #expect(bytes.prefix(3) == Data([0xFF, 0xD8, 0xFF]))
            #expect(result.output["image"]?["size"]?.integerValue == Int64(bytes.count))
            #expect(result.output["image"]?["content_type"] == "image/jpeg")
        }
    }

    @Test func `a prompt that looks like a file stays a prompt`() async throws {
        try await withFerryServer { ferry, _ in
            let error = await #expect(throws: FerryError.self) {
                try await ferry.tasks.run(
                    app: "image-processor", input: ["image": .string(Self.photo), "format": "/etc/passwd"])
            }
            #expect(error?.message.contains("/format") == true)
            for try await file in ferry.files.all() { #expect(!file.filename.contains("passwd")) }
        }
    }

    @Test func `updates begin with the state as it is and end with the end`() async throws {
        try await withFerryServer { ferry, _ in
            let started = try await ferry.tasks.run(
                app: "ferry/file-inspector@latest:run", input: ["file": "data:text/plain,Hi"], wait: false)
            var seen: [TaskStatus] = []
            for try await update in ferry.tasks.updates(of: started.id) { seen.append(update.status) }
            #expect(seen.last == .completed)
            #expect(seen == seen.sorted(), "states never go back in a task that was not interrupted")
            let again = try await ferry.tasks.get(started.id)
            #expect(again.output["text_preview"] == "Hi")
            #expect(
                again.events.map(\.status) == [
                    .received, .queued, .dispatched, .preparing, .settingUp, .running, .completed,
                ])
            try await ferry.tasks.delete(started.id)
            await #expect(throws: FerryError.self) { try await ferry.tasks.get(started.id) }
        }
    }

    @Test func `a corrupt image is a failed task with a clear message and a log`() async throws {
        try await withFerryServer { ferry, _ in
            let folder = try TestFolder()
            let broken = try folder.file("broken.png", bytes: Array("not an image at all".utf8))
            let error = await #expect(throws: FerryError.self) {
                try await ferry.tasks.run(app: "image-processor", input: ["image": .file(.path(broken.path))])
            }
            #expect(error?.code == .taskFailed)
            #expect(error?.message.contains("broken.png") == true)
            #expect(error?.message.contains(folder.url.path) == false)
        }
    }

    /// What must not stand in a file field.
    private static let refused: [JSONValue] = [
        "/etc/passwd", "../x", "file:///etc/passwd", ["path": "/etc/passwd"],
        ["uri": "inf://files/aaaaaaaaaaaaaaaaaaaaaaaaaa", "path": "/etc/passwd"], "http://127.0.0.1/a.png",
        "inf://files/aaaaaaaaaaaaaaaaaaaaaaaaaa/x.png", "data:;base64,$$$", ["filename": "x"],
    ]

    @Test(arguments: [("image-processor", "image"), ("file-inspector", "file")])
    func `a file field takes no path, no foreign address and no unknown file`(app: String, field: String) async throws {
        try await withFerryServer { ferry, server in
            for value in Self.refused {
                let body: JSONValue = ["app": .string(app), "input": .object(JSONObject(members: [(field, value)]))]
                var request = URLRequest(url: try #require(URL(string: server.baseURL + "/apps/run")))
                request.httpMethod = "POST"
                request.setValue("Bearer \(server.apiKey)", forHTTPHeaderField: "Authorization")
                request.httpBody = Data(body.serialized())
                let (data, response) = try await URLSession.shared.data(for: request)
                #expect((response as? HTTPURLResponse)?.statusCode == 422, "\(value)")
                let problem = try ProblemDetails(json: JSONValue(parsing: data))
                let isUnknown = value.stringValue?.hasPrefix("inf://") == true
                #expect(problem.code == (isUnknown ? "file_not_found" : "validation_error"))
                #expect(problem.detail.contains("/\(field)"))
            }
            #expect(try await ferry.tasks.list().items.isEmpty, "no task was made")
            #expect(try StoredBlobs.count(in: server.dataDirectory) == 0)
        }
    }
}
